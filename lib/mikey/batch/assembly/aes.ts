import { scatter, swapOctets, WORD, zero } from './lanes';
import { RCON, subOctets } from './s-box';

const ROUNDS: usize = 10;
/** Octets of a round's keys of four messages. */
const KEYS: usize = 64;
const words: usize = memory.data(128, 16);
const roundKeys: usize = memory.data(704, 16);

/** Expands the keys of one register's messages, each four words from `keys` on (FIPS 197 §5.2). */
export function setKeys(keys: usize): void {
  let w0 = v128.load(keys);
  let w1 = v128.load(keys, 32);
  let w2 = v128.load(keys, 64);
  let w3 = v128.load(keys, 96);
  for (let round: usize = 0; ; round++) {
    v128.store(words, w0);
    v128.store(words, w1, 32);
    v128.store(words, w2, 64);
    v128.store(words, w3, 96);
    scatter(roundKeys + round * KEYS, words);
    if (round == ROUNDS) break;
    const rotated = v128.or(i32x4.shl(w3, 8), i32x4.shr_u(w3, 24));
    w0 = v128.xor(w0, v128.xor(subOctets(rotated), i32x4.splat(i32(load<u8>(RCON + round)) << 24)));
    w1 = v128.xor(w1, w0);
    w2 = v128.xor(w2, w1);
    w3 = v128.xor(w3, w2);
  }
}

/** Encrypts four blocks of 16 octets from `blocks` on, each under its message's key (FIPS 197 §5.1), in place. */
export function encrypt(blocks: usize): void {
  let keys = roundKeys;
  let a = v128.xor(v128.load(blocks), v128.load(keys));
  let b = v128.xor(v128.load(blocks, 16), v128.load(keys, 16));
  let c = v128.xor(v128.load(blocks, 32), v128.load(keys, 32));
  let d = v128.xor(v128.load(blocks, 48), v128.load(keys, 48));
  for (keys += KEYS; keys < roundKeys + ROUNDS * KEYS; keys += KEYS) {
    a = v128.xor(mixColumns(subOctets(a)), v128.load(keys));
    b = v128.xor(mixColumns(subOctets(b)), v128.load(keys, 16));
    c = v128.xor(mixColumns(subOctets(c)), v128.load(keys, 32));
    d = v128.xor(mixColumns(subOctets(d)), v128.load(keys, 48));
  }
  v128.store(blocks, v128.xor(shiftRows(subOctets(a)), v128.load(keys)));
  v128.store(blocks, v128.xor(shiftRows(subOctets(b)), v128.load(keys, 16)), 16);
  v128.store(blocks, v128.xor(shiftRows(subOctets(c)), v128.load(keys, 32)), 32);
  v128.store(blocks, v128.xor(shiftRows(subOctets(d)), v128.load(keys, 48)), 48);
}

/** Forgets the keys. */
export function wipeKeys(): void {
  zero(roundKeys, (ROUNDS + 1) * KEYS);
  zero(words, 4 * WORD);
}

// @ts-ignore: a decorator of AssemblyScript
@inline
function shiftRows(s: v128): v128 {
  return i8x16.shuffle(s, s, 0, 5, 10, 15, 4, 9, 14, 3, 8, 13, 2, 7, 12, 1, 6, 11);
}

/** ShiftRows and MixColumns: each octet becomes 2x + 3y + z + w of its column, from itself on. */
// @ts-ignore: a decorator of AssemblyScript
@inline
function mixColumns(s: v128): v128 {
  const x = shiftRows(s);
  const y = i8x16.shuffle(s, s, 5, 10, 15, 0, 9, 14, 3, 4, 13, 2, 7, 8, 1, 6, 11, 12);
  const both = v128.xor(x, y);
  const twice = v128.xor(i8x16.add(both, both), v128.and(i8x16.lt_s(both, i8x16.splat(0)), i8x16.splat(0x1b)));
  const other = i8x16.shuffle(both, both, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13);
  return v128.xor(v128.xor(twice, y), other);
}
