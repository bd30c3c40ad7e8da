import { hmacSha1 } from './hmac-sha1.ts';

/** Octets of the key that each run of P takes (RFC 3830 §4.1.2: blocks of 256 bits). */
const BLOCK_LENGTH = 32;
const SHA1_LENGTH = 20;

/**
 * The default PRF of MIKEY-1 (RFC 3830 §4.1.2): `length` octets from `inkey` and `label`.
 *
 * Splits inkey into blocks of 32 octets, the last may be shorter; each block keys P, and the results are
 * XORed.
 */
export function prf(inkey: Uint8Array, label: Uint8Array, length: number): Uint8Array {
  const out = new Uint8Array(length);
  for (let start = 0; start < inkey.length; start += BLOCK_LENGTH) {
    const run = p(inkey.subarray(start, start + BLOCK_LENGTH), label, length);
    for (let index = 0; index < length; index++) out[index] = (out[index] ?? 0) ^ (run[index] ?? 0);
  }
  return out;
}

/** P(s, label, m) = HMAC(s, A1 ‖ label) ‖ … ‖ HMAC(s, Am ‖ label) with A0 = label, Ai = HMAC(s, A(i-1)). */
function p(s: Uint8Array, label: Uint8Array, length: number): Uint8Array {
  const m = Math.ceil(length / SHA1_LENGTH);
  const out = Buffer.alloc(m * SHA1_LENGTH);
  let a: Uint8Array = label;
  for (let index = 0; index < m; index++) {
    a = hmacSha1(s, [a]);
    out.set(hmacSha1(s, [a, label]), index * SHA1_LENGTH);
  }
  return out.subarray(0, length);
}
