import { copyOver, zeroWords } from './lanes';
import { BLOCK, compress, STATE, start } from './sha1';

/** Octets of an HMAC key as `setKey` leaves it: the state after the inner pad, and after the outer. */
export const HMAC_KEY: usize = 2 * STATE;

const INITIAL: usize = memory.data(80, 16);
start(INITIAL);

/** Takes `words` words in lanes at `key` as an HMAC key (RFC 2104), at most 16, and keeps both states at `to`. */
export function setKey(to: usize, key: usize, words: usize): void {
  pad(key, words, 0x36363636);
  compress(INITIAL, to);
  pad(key, words, 0x5c5c5c5c);
  compress(INITIAL, to + STATE);
}

/** From the state of the inner text at `inner`, the HMAC under `key` to `to`: five words in lanes. */
export function finish(to: usize, key: usize, inner: usize): void {
  copyOver(BLOCK, inner, STATE);
  endBlock(5, 64 + 20);
  compress(key + STATE, to);
}

/** Ends a text whose last block has `words` full words in BLOCK and whose length in all is `octets`, below 2^29. */
export function endBlock(words: usize, octets: u32): void {
  v128.store(BLOCK + words * 16, i32x4.splat(0x80000000));
  zeroWords(BLOCK + (words + 1) * 16, 14 - words);
  v128.store(BLOCK, i32x4.splat(octets << 3), 240);
}

function pad(key: usize, words: usize, octets: i32): void {
  const padding = i32x4.splat(octets);
  for (let word: usize = 0; word < words; word++)
    v128.store(BLOCK + word * 16, v128.xor(v128.load(key + word * 16), padding));
  for (let word = words; word < 16; word++) v128.store(BLOCK + word * 16, padding);
}
