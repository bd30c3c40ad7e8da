import { endBlock, finish } from './hmac';
import { copyOver, splat, WORD } from './lanes';
import { BLOCK, compress, STATE } from './sha1';

/** What follows the constant in a label: 0xFF ‖ CSB ID ‖ RAND of 16 octets, and the end of the text. */
const LABEL_WORDS: usize = 6;
const label: usize = memory.data(192, 16);
const inner: usize = memory.data(160, 16);
const a1: usize = memory.data(160, 16);

/** Octets of a label. */
const LABEL: u32 = 25;
/** Octets of the HMAC key's padded block, which stands before each text. */
const KEY_BLOCK: u32 = 64;

/** Takes the CSB IDs, one word, and the RANDs, four, for the labels (RFC 3830 §4.1.4). */
export function setLabels(csbIds: usize, rands: usize): void {
  for (let half: usize = 0; half < WORD; half += 16) {
    let before = v128.load(csbIds + half);
    v128.store(label + half, v128.or(i32x4.splat(0xff000000), i32x4.shr_u(before, 8)));
    for (let word: usize = 0; word < 4; word++) {
      const rand = v128.load(rands + word * WORD + half);
      v128.store(label + (word + 1) * WORD + half, v128.or(i32x4.shl(before, 24), i32x4.shr_u(rand, 8)));
      before = rand;
    }
    v128.store(label + 5 * WORD + half, v128.or(i32x4.shl(before, 24), i32x4.splat(0x00800000)));
  }
}

/**
 * P(s, label, 1) = HMAC(s, A1 ‖ label), A1 = HMAC(s, label) (RFC 3830 §4.1.2): all of the PRF for an inkey of
 * up to 32 octets and an outkey of up to 20. `key` is s as `setKey` leaves it; five words go to `to`.
 */
export function derive(to: usize, key: usize, constant: i32): void {
  putLabel(0, constant, KEY_BLOCK + LABEL);
  compress(key, inner);
  finish(a1, key, inner);
  putLabel(5, constant, KEY_BLOCK + 20 + LABEL);
  copyOver(BLOCK, a1, STATE);
  compress(key, inner);
  finish(to, key, inner);
}

/** Puts the label from word `at` of BLOCK on and ends the text there. */
function putLabel(at: usize, constant: i32, octets: u32): void {
  endBlock(at + LABEL_WORDS, octets);
  splat(BLOCK + at * WORD, constant);
  copyOver(BLOCK + (at + 1) * WORD, label, LABEL_WORDS * WORD);
}
