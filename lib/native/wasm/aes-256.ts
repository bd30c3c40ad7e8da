import { mixColumns, shiftRows } from './aes-128';
import { zero } from './lanes';
import { RCON, subOctets } from './s-box';

const ROUNDS: usize = 14;
/** Words of a key. */
const NK: usize = 8;
const WORDS: usize = 4 * (ROUNDS + 1);
const roundKeys: usize = memory.data(240, 16);

/** Expands the key of 32 octets at `key` (FIPS 197 §5.2), which all blocks have. */
export function setKey(key: usize): void {
  v128.store(roundKeys, v128.load(key));
  v128.store(roundKeys, v128.load(key, 16), 16);
  for (let word: usize = NK; word < WORDS; word++) {
    const at = roundKeys + word * 4;
    let w = load<u32>(at - 4);
    // Words are little-endian here: the first octet is the lowest.
    if (word % NK == 0) w = subWord(rotr(w, 8)) ^ load<u8>(RCON + word / NK - 1);
    else if (word % NK == 4) w = subWord(w);
    store<u32>(at, w ^ load<u32>(at - NK * 4));
  }
}

/** Encrypts four blocks of 16 octets in place (FIPS 197 §5.1). */
export function encrypt(blocks: usize): void {
  let keys = roundKeys;
  let key = v128.load(keys);
  let a = v128.xor(v128.load(blocks), key);
  let b = v128.xor(v128.load(blocks, 16), key);
  let c = v128.xor(v128.load(blocks, 32), key);
  let d = v128.xor(v128.load(blocks, 48), key);
  for (let round: usize = 1; round < ROUNDS; round++) {
    keys += 16;
    key = v128.load(keys);
    a = v128.xor(mixColumns(subOctets(a)), key);
    b = v128.xor(mixColumns(subOctets(b)), key);
    c = v128.xor(mixColumns(subOctets(c)), key);
    d = v128.xor(mixColumns(subOctets(d)), key);
  }
  key = v128.load(keys, 16);
  v128.store(blocks, v128.xor(shiftRows(subOctets(a)), key));
  v128.store(blocks, v128.xor(shiftRows(subOctets(b)), key), 16);
  v128.store(blocks, v128.xor(shiftRows(subOctets(c)), key), 32);
  v128.store(blocks, v128.xor(shiftRows(subOctets(d)), key), 48);
}

/** Forgets the key. */
export function wipeKey(): void {
  zero(roundKeys, WORDS * 4);
}

function subWord(word: u32): u32 {
  return i32x4.extract_lane(subOctets(i32x4.splat(word)), 0);
}
