import { zero } from './lanes';

/**
 * GHASH (NIST SP 800-38D §6.4) of sixteen messages in parallel, under one H. The state is held by planes: one
 * register has the octets of one index of all messages. A nibble times H is looked up in registers only, so
 * that neither time nor an address depends on a key or on a text.
 */
export const MESSAGES: usize = 16;

/** Octets of a block, and of sixteen blocks or planes. */
const BLOCK: usize = 16;
const PLANES: usize = 256;

/** By eight places of the product, nibble, place: what each value of the nibble adds to the octet. */
const products: usize = memory.data(8192, 16);
/** H times x^0 to x^127, 16 octets each. */
const powers: usize = memory.data(2048, 16);
/** Nibbles of all places, in the order of their powers of x. */
const nibbles: usize = memory.data(512, 16);
const turned: usize = memory.data(256, 16);
const turning: usize = memory.data(256, 16);

/** For each value of a nibble, whether it has the bit of x^0, x^1, x^2, x^3: the highest bit comes first. */
const HAS_0: usize = memory.data(64, 16);
for (let bit: u32 = 0; bit < 4; bit++)
  for (let value: u32 = 0; value < 16; value++)
    store<u8>(HAS_0 + bit * 16 + value, (value >> (3 - bit)) & 1 ? 0xff : 0);

/** Takes H, the 16 octets at `h`. */
export function setH(h: usize): void {
  let high = bswap(load<u64>(h));
  let low = bswap(load<u64>(h, 8));
  for (let power: usize = 0; power < 128; power++) {
    store<u64>(powers + power * BLOCK, bswap(high));
    store<u64>(powers + power * BLOCK, bswap(low), 8);
    const carry = low & 1;
    low = (low >> 1) | (high << 63);
    high = (high >> 1) ^ ((0 - carry) & 0xe100000000000000);
  }
  for (let nibble: usize = 0; nibble < 32; nibble++) {
    for (let place: usize = 0; place < BLOCK; place++) {
      const from = powers + nibble * 4 * BLOCK + place;
      const both = v128.xor(
        v128.and(v128.load8_splat(from), v128.load(HAS_0)),
        v128.and(v128.load8_splat(from, 16), v128.load(HAS_0, 16)),
      );
      const others = v128.xor(
        v128.and(v128.load8_splat(from, 32), v128.load(HAS_0, 32)),
        v128.and(v128.load8_splat(from, 48), v128.load(HAS_0, 48)),
      );
      v128.store(products + (((place >> 3) * 32 + nibble) * 8 + (place & 7)) * 16, v128.xor(both, others));
    }
  }
}

/** Adds the next block of each message, `step` octets from one to the next, to the planes at `state`. */
export function update(state: usize, blocks: usize, step: usize): void {
  for (let message: usize = 0; message < MESSAGES; message++)
    v128.store(turned + message * 16, v128.load(blocks + message * step));
  turn(turned);
  const fifteen = i8x16.splat(15);
  for (let at: usize = 0; at < PLANES; at += 16) {
    const octets = v128.xor(v128.load(state + at), v128.load(turned + at));
    v128.store(nibbles + 2 * at, v128.and(i16x8.shr_u(octets, 4), fifteen));
    v128.store(nibbles + 2 * at, v128.and(octets, fifteen), 16);
  }
  multiply(state, products);
  multiply(state + 128, products + 4096);
}

/** Eight planes of the product: sums of what each nibble adds. */
function multiply(to: usize, table: usize): void {
  let a = i64x2.splat(0);
  let b = i64x2.splat(0);
  let c = i64x2.splat(0);
  let d = i64x2.splat(0);
  let e = i64x2.splat(0);
  let f = i64x2.splat(0);
  let g = i64x2.splat(0);
  let h = i64x2.splat(0);
  for (let at = nibbles; at < nibbles + 512; at += 16) {
    const nibble = v128.load(at);
    a = v128.xor(a, i8x16.relaxed_swizzle(v128.load(table), nibble));
    b = v128.xor(b, i8x16.relaxed_swizzle(v128.load(table, 16), nibble));
    c = v128.xor(c, i8x16.relaxed_swizzle(v128.load(table, 32), nibble));
    d = v128.xor(d, i8x16.relaxed_swizzle(v128.load(table, 48), nibble));
    e = v128.xor(e, i8x16.relaxed_swizzle(v128.load(table, 64), nibble));
    f = v128.xor(f, i8x16.relaxed_swizzle(v128.load(table, 80), nibble));
    g = v128.xor(g, i8x16.relaxed_swizzle(v128.load(table, 96), nibble));
    h = v128.xor(h, i8x16.relaxed_swizzle(v128.load(table, 112), nibble));
    table += 128;
  }
  v128.store(to, a);
  v128.store(to, b, 16);
  v128.store(to, c, 32);
  v128.store(to, d, 48);
  v128.store(to, e, 64);
  v128.store(to, f, 80);
  v128.store(to, g, 96);
  v128.store(to, h, 112);
}

/** Turns sixteen blocks into planes, or planes into blocks, in place. */
export function turn(octets: usize): void {
  interleave(turning, octets);
  interleave(octets, turning);
  interleave(turning, octets);
  interleave(octets, turning);
}

/**
 * Octets of the first eight registers by turns with those of the last eight: four times over, rows are
 * columns.
 */
function interleave(to: usize, from: usize): void {
  for (let at: usize = 0; at < PLANES / 2; at += 16) {
    const x = v128.load(from + at);
    const y = v128.load(from + at, 128);
    v128.store(to + 2 * at, i8x16.shuffle(x, y, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23));
    const high = i8x16.shuffle(x, y, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    v128.store(to + 2 * at, high, 16);
  }
}

/** Forgets H and what was hashed. */
export function wipeH(): void {
  zero(products, 8192);
  zero(powers, 2048);
  zero(nibbles, 512);
  zero(turned, PLANES);
  zero(turning, PLANES);
}
