/**
 * The S-box of AES (FIPS 197 §5.1.1) by look-ups in registers only, so that neither time nor an address
 * depends on a key. GF(2^8) is taken as GF(2^4)[τ] with τ² = aτ + a; of x = k + iτ and N = k² + aik + ai²
 *
 *     1/x = ((k + ai) + iτ) / N,    with j = i + k
 *     N / (k + ai) = 1/(1/i + a/k) + j,    N / (k + aj) = 1/(1/j + a/k) + i
 *
 * so that inversions in GF(2^4) are all it takes: tables of 16 octets. A swizzle, relaxed or not, gives 0 for
 * an index of 0x80 or above, which is what 1/∞ is: ∞ is written 0x80, and no index is from 16 to 0x7f.
 */
const INFINITY: u8 = 0x80;

/** Round constants of the key expansion (FIPS 197 §5.2), one octet each. */
export const RCON: usize = memory.data(16);

/** Constants in memory: a register made anew each time takes longer. */
const fifteens: usize = memory.data(16, 16);
const constant: usize = memory.data(16, 16);

const lowNibble: usize = memory.data(16, 16);
const highNibble: usize = memory.data(16, 16);
const inverse: usize = memory.data(16, 16);
const aByNibble: usize = memory.data(16, 16);
const fromP: usize = memory.data(16, 16);
const fromQ: usize = memory.data(16, 16);

makeTables();

/** SubBytes of 16 octets. */
export function subOctets(x: v128): v128 {
  const fifteen = v128.load(fifteens);
  const pair = v128.xor(
    i8x16.relaxed_swizzle(v128.load(lowNibble), v128.and(x, fifteen)),
    i8x16.relaxed_swizzle(v128.load(highNibble), v128.and(i16x8.shr_u(x, 4), fifteen)),
  );
  const k = v128.and(pair, fifteen);
  const i = v128.and(i16x8.shr_u(pair, 4), fifteen);
  const j = v128.xor(i, k);
  const inverses = v128.load(inverse);
  const ak = i8x16.relaxed_swizzle(v128.load(aByNibble), k);
  const io = v128.xor(i8x16.relaxed_swizzle(inverses, v128.xor(i8x16.relaxed_swizzle(inverses, i), ak)), j);
  const jo = v128.xor(i8x16.relaxed_swizzle(inverses, v128.xor(i8x16.relaxed_swizzle(inverses, j), ak)), i);
  return v128.xor(
    v128.xor(i8x16.relaxed_swizzle(v128.load(fromP), io), i8x16.relaxed_swizzle(v128.load(fromQ), jo)),
    v128.load(constant),
  );
}

/**
 * Writes the tables from the definitions of the fields. GF(2^4) is the powers of γ = 3^17 and zero; a nibble
 * stands for the sum of the powers γ^0 to γ^3 that its bits name. τ is an element beyond it with τ + τ^16 =
 * τ^17 = a.
 */
function makeTables(): void {
  v128.store(fifteens, i8x16.splat(15));
  v128.store(constant, i8x16.splat(0x63));
  const pairs = memory.data(256);
  const elements = memory.data(16);
  let power: u32 = 1;
  for (let round: usize = 0; round < 10; round++) {
    store<u8>(RCON + round, u8(power));
    power = times(power, 2);
  }
  const gamma = raised(3, 17);
  for (let nibble: u32 = 0; nibble < 16; nibble++) {
    let sum: u32 = 0;
    for (let bit: u32 = 0; bit < 4; bit++) if ((nibble >> bit) & 1) sum ^= raised(gamma, bit);
    store<u8>(elements + nibble, u8(sum));
  }
  let tau: u32 = 2;
  while (raised(tau, 16) == tau || (tau ^ raised(tau, 16)) != raised(tau, 17)) tau++;
  const byA = inverted(raised(tau, 17));
  for (let pair: u32 = 0; pair < 256; pair++) {
    const i: u32 = load<u8>(elements + (pair >> 4));
    const k: u32 = load<u8>(elements + (pair & 15));
    store<u8>(pairs + (k ^ times(i, tau)), u8(pair));
  }
  store<u8>(inverse, INFINITY);
  store<u8>(aByNibble, INFINITY);
  for (let nibble: u32 = 0; nibble < 16; nibble++) {
    store<u8>(lowNibble + nibble, load<u8>(pairs + nibble));
    store<u8>(highNibble + nibble, load<u8>(pairs + (nibble << 4)));
    if (nibble == 0) continue;
    const inverse1 = inverted(load<u8>(elements + nibble));
    store<u8>(inverse + nibble, load<u8>(pairs + inverse1));
    store<u8>(aByNibble + nibble, load<u8>(pairs + times(inverse1, raised(tau, 17))));
    const byA1 = times(inverse1, byA);
    store<u8>(fromP + nibble, u8(affine(inverse1 ^ times(tau, times(inverse1 ^ byA1, byA)))));
    store<u8>(fromQ + nibble, u8(affine(times(tau, times(byA1, byA)))));
  }
}

/** The product in GF(2^8) of AES (FIPS 197 §4.2). */
function times(x: u32, y: u32): u32 {
  let product: u32 = 0;
  for (; y != 0; y >>= 1) {
    if (y & 1) product ^= x;
    x = (x << 1) ^ (x & 0x80 ? 0x11b : 0);
  }
  return product;
}

function raised(x: u32, exponent: u32): u32 {
  let power: u32 = 1;
  for (let count: u32 = 0; count < exponent; count++) power = times(power, x);
  return power;
}

function inverted(x: u32): u32 {
  return raised(x, 254);
}

/** The affine transformation of the S-box without its constant, which is linear. */
function affine(x: u32): u32 {
  const twice = x | (x << 8);
  return (twice ^ (twice >> 4) ^ (twice >> 5) ^ (twice >> 6) ^ (twice >> 7)) & 0xff;
}
