import { copyOver, splat, WORD, zero } from './lanes';
import { BLOCK, compress, STATE, start } from './sha1';

const initial: usize = memory.data(160, 16);
start(initial);

/**
 * Takes `words` words at `key` as an HMAC key (RFC 2104), at most 16, and keeps at `to` the state after
 * the inner pad, and behind it that after the outer.
 */
export function setKey(to: usize, key: usize, words: usize): void {
  pad(key, words, 0x36363636);
  compress(initial, to);
  pad(key, words, 0x5c5c5c5c);
  compress(initial, to + STATE);
}

/** From the state of the inner text at `inner`, the HMAC under `key`: five words to `to`. */
export function finish(to: usize, key: usize, inner: usize): void {
  copyOver(BLOCK, inner, STATE);
  endBlock(5, 64 + 20);
  compress(key + STATE, to);
}

/**
 * Ends a text whose last block has `words` full words in BLOCK and whose length in all is `octets`, below
 * 2^29.
 */
export function endBlock(words: usize, octets: u32): void {
  splat(BLOCK + words * WORD, 0x80000000);
  zero(BLOCK + (words + 1) * WORD, (14 - words) * WORD);
  splat(BLOCK + 15 * WORD, octets << 3);
}

function pad(key: usize, words: usize, octets: i32): void {
  const padding = i32x4.splat(octets);
  for (let at: usize = 0; at < words * WORD; at += 16)
    v128.store(BLOCK + at, v128.xor(v128.load(key + at), padding));
  for (let at = words * WORD; at < 16 * WORD; at += 16) v128.store(BLOCK + at, padding);
}
