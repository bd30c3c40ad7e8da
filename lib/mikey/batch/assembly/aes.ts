import { scatter, swapOctets } from './lanes';
import { RCON, subOctets } from './s-box';

const ROUNDS: usize = 10;
const words: usize = memory.data(64, 16);
/** For each round the keys of four messages, 16 octets each. */
const roundKeys: usize = memory.data(704, 16);

/** Expands four keys, each four words in lanes at `keys` (FIPS 197 §5.2). */
export function setKeys(keys: usize): void {
  let w0 = v128.load(keys);
  let w1 = v128.load(keys, 16);
  let w2 = v128.load(keys, 32);
  let w3 = v128.load(keys, 48);
  for (let round: usize = 0; ; round++) {
    v128.store(words, w0);
    v128.store(words, w1, 16);
    v128.store(words, w2, 32);
    v128.store(words, w3, 48);
    scatter(roundKeys + round * 64, words);
    if (round == ROUNDS) break;
    const rotated = v128.or(i32x4.shl(w3, 8), i32x4.shr_u(w3, 24));
    w0 = v128.xor(w0, v128.xor(subOctets(rotated), i32x4.splat(i32(load<u8>(RCON + round)) << 24)));
    w1 = v128.xor(w1, w0);
    w2 = v128.xor(w2, w1);
    w3 = v128.xor(w3, w2);
  }
}

/** Encrypts one block of 16 octets under the key of `lane` (FIPS 197 §5.1). */
export function encrypt(block: v128, lane: usize): v128 {
  const keys = roundKeys + lane * 16;
  let state = v128.xor(block, v128.load(keys));
  for (let round: usize = 1; round < ROUNDS; round++)
    state = v128.xor(mixColumns(subOctets(state)), v128.load(keys + round * 64));
  state = subOctets(state);
  state = i8x16.shuffle(state, state, 0, 5, 10, 15, 4, 9, 14, 3, 8, 13, 2, 7, 12, 1, 6, 11);
  return v128.xor(state, v128.load(keys + ROUNDS * 64));
}

/** Forgets the keys. */
export function wipeKeys(): void {
  memory.fill(roundKeys, 0, (ROUNDS + 1) * 64);
  memory.fill(words, 0, 64);
}

/** ShiftRows and MixColumns: with the rows shifted, each octet is 2x + 3y + z + w of its column from itself on. */
// @ts-ignore: a decorator of AssemblyScript
@inline
function mixColumns(s: v128): v128 {
  const x = i8x16.shuffle(s, s, 0, 5, 10, 15, 4, 9, 14, 3, 8, 13, 2, 7, 12, 1, 6, 11);
  const y = i8x16.shuffle(s, s, 5, 10, 15, 0, 9, 14, 3, 4, 13, 2, 7, 8, 1, 6, 11, 12);
  const both = v128.xor(x, y);
  const twice = v128.xor(i8x16.add(both, both), v128.and(i8x16.shr_s(both, 7), i8x16.splat(0x1b)));
  const other = i8x16.shuffle(both, both, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13);
  return v128.xor(v128.xor(twice, y), other);
}

/** XORs `octets` octets at `text`, in steps of 16, with the key stream of `lane` from the counter block at `iv` on. */
export function counterMode(text: usize, to: usize, octets: usize, iv: usize, lane: usize): void {
  const first = swapOctets(v128.load(iv));
  for (let block: usize = 0; block * 16 < octets; block++) {
    // A message has far fewer than 2^16 blocks, so the count stays in the low 16 bits, which begin at zero.
    const counter = swapOctets(i32x4.add(first, i32x4(0, 0, 0, i32(block))));
    v128.store(to + block * 16, v128.xor(v128.load(text + block * 16), encrypt(counter, lane)));
  }
}
