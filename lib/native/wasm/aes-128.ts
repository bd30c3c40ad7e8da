import { rotl, scatter, WORD, zero } from './lanes';
import { RCON, subOctets } from './s-box';

const ROUNDS: usize = 10;
/** Octets of a round's keys of eight messages. */
const KEYS: usize = 128;
const words: usize = memory.data(128, 16);
const roundKeys: usize = memory.data(1408, 16);

/** Expands the keys of eight messages, four words from `keys` on (FIPS 197 §5.2). */
export function setKeys(keys: usize): void {
  for (let at: usize = 0; at < 4 * WORD; at += 16) v128.store(words + at, v128.load(keys + at));
  for (let round: usize = 0; ; round++) {
    scatter(roundKeys + round * KEYS, words);
    scatter(roundKeys + round * KEYS + 64, words + 16);
    if (round == ROUNDS) break;
    const constant = i32x4.splat(i32(load<u8>(RCON + round)) << 24);
    // Two registers in one go, for a step waits for the one before it.
    let w = v128.xor(subOctets(rotl(v128.load(words, 96), 8)), constant);
    let w2 = v128.xor(subOctets(rotl(v128.load(words, 112), 8)), constant);
    for (let at = words; at < words + 4 * WORD; at += WORD) {
      w = v128.xor(w, v128.load(at));
      w2 = v128.xor(w2, v128.load(at, 16));
      v128.store(at, w);
      v128.store(at, w2, 16);
    }
  }
}

/**
 * Encrypts two blocks of 16 octets of each of one register's messages (FIPS 197 §5.1), in place: four first
 * blocks and four second ones, of messages from 4 * `half` on.
 */
export function encrypt(blocks: usize, half: usize): void {
  let keys = roundKeys + half * 64;
  let a = v128.xor(v128.load(blocks), v128.load(keys));
  let b = v128.xor(v128.load(blocks, 16), v128.load(keys, 16));
  let c = v128.xor(v128.load(blocks, 32), v128.load(keys, 32));
  let d = v128.xor(v128.load(blocks, 48), v128.load(keys, 48));
  let a2 = v128.xor(v128.load(blocks, 64), v128.load(keys));
  let b2 = v128.xor(v128.load(blocks, 80), v128.load(keys, 16));
  let c2 = v128.xor(v128.load(blocks, 96), v128.load(keys, 32));
  let d2 = v128.xor(v128.load(blocks, 112), v128.load(keys, 48));
  for (let round: usize = 1; round < ROUNDS; round++) {
    keys += KEYS;
    a = v128.xor(mixColumns(subOctets(a)), v128.load(keys));
    a2 = v128.xor(mixColumns(subOctets(a2)), v128.load(keys));
    b = v128.xor(mixColumns(subOctets(b)), v128.load(keys, 16));
    b2 = v128.xor(mixColumns(subOctets(b2)), v128.load(keys, 16));
    c = v128.xor(mixColumns(subOctets(c)), v128.load(keys, 32));
    c2 = v128.xor(mixColumns(subOctets(c2)), v128.load(keys, 32));
    d = v128.xor(mixColumns(subOctets(d)), v128.load(keys, 48));
    d2 = v128.xor(mixColumns(subOctets(d2)), v128.load(keys, 48));
  }
  keys += KEYS;
  v128.store(blocks, v128.xor(shiftRows(subOctets(a)), v128.load(keys)));
  v128.store(blocks, v128.xor(shiftRows(subOctets(b)), v128.load(keys, 16)), 16);
  v128.store(blocks, v128.xor(shiftRows(subOctets(c)), v128.load(keys, 32)), 32);
  v128.store(blocks, v128.xor(shiftRows(subOctets(d)), v128.load(keys, 48)), 48);
  v128.store(blocks, v128.xor(shiftRows(subOctets(a2)), v128.load(keys)), 64);
  v128.store(blocks, v128.xor(shiftRows(subOctets(b2)), v128.load(keys, 16)), 80);
  v128.store(blocks, v128.xor(shiftRows(subOctets(c2)), v128.load(keys, 32)), 96);
  v128.store(blocks, v128.xor(shiftRows(subOctets(d2)), v128.load(keys, 48)), 112);
}

/** Forgets the keys. */
export function wipeKeys(): void {
  zero(roundKeys, (ROUNDS + 1) * KEYS);
  zero(words, 4 * WORD);
}

// Orders of octets, in memory: a register made anew each time takes longer.
const SHIFTED: usize = memory.data(16, 16);
const NEXT_SHIFTED: usize = memory.data(16, 16);
const AFTER_NEXT: usize = memory.data(16, 16);
const REDUCTION: usize = memory.data(16, 16);
v128.store(SHIFTED, i8x16(0, 5, 10, 15, 4, 9, 14, 3, 8, 13, 2, 7, 12, 1, 6, 11));
v128.store(NEXT_SHIFTED, i8x16(5, 10, 15, 0, 9, 14, 3, 4, 13, 2, 7, 8, 1, 6, 11, 12));
v128.store(AFTER_NEXT, i8x16(2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13));
v128.store(REDUCTION, i8x16.splat(0x1b));

// @ts-ignore: a decorator of AssemblyScript
@inline
export function shiftRows(s: v128): v128 {
  return i8x16.relaxed_swizzle(s, v128.load(SHIFTED));
}

/** ShiftRows and MixColumns: each octet becomes 2x + 3y + z + w of its column, from itself on. */
// @ts-ignore: a decorator of AssemblyScript
@inline
export function mixColumns(s: v128): v128 {
  const x = shiftRows(s);
  const y = i8x16.relaxed_swizzle(s, v128.load(NEXT_SHIFTED));
  const both = v128.xor(x, y);
  const isReduced = i8x16.lt_s(both, i64x2.splat(0));
  const twice = v128.xor(i8x16.add(both, both), v128.and(isReduced, v128.load(REDUCTION)));
  return v128.xor(v128.xor(twice, y), i8x16.relaxed_swizzle(both, v128.load(AFTER_NEXT)));
}
