import { type Cipheriv, createCipheriv } from 'node:crypto';
import type { SecretKey } from '../keys/secret-key.ts';

const BLOCK = 16;
/** Blocks that are encrypted in one call: more than a packet of 2000 octets has. */
const BLOCKS = 128;

/** Counter blocks of the packet at hand; what is encrypted is no secret. */
const counters = new Uint8Array(BLOCK * BLOCKS);
const words = new DataView(counters.buffer);

/**
 * AES in counter mode (RFC 3711 §4.1.1) for many packets under one key. Node makes an object for each IV,
 * which takes longer than the encryption of a packet. So one object encrypts the counter blocks of all
 * packets.
 */
export class KeyStream {
  readonly #cipher: Cipheriv;

  /** @param key 16 octets */
  constructor(key: SecretKey) {
    this.#cipher = createCipheriv('aes-128-ecb', key.exposeKeyObject(), null).setAutoPadding(false);
  }

  /**
   * Encrypts or decrypts octets in their place.
   * @param iv 16 octets, the last two of which count blocks from 0 on
   * @param data at most 2^20 octets
   */
  apply(iv: Uint8Array, data: Uint8Array): void {
    for (let start = 0; start < data.length; start += counters.length) {
      const part = data.subarray(start, start + counters.length);
      const length = Math.ceil(part.length / BLOCK) * BLOCK;
      fillCounters(iv, start / BLOCK, length);
      const stream = this.#cipher.update(counters.subarray(0, length));
      for (let at = 0; at < part.length; at++) part[at] = (part[at] ?? 0) ^ (stream[at] ?? 0);
      stream.fill(0);
    }
  }
}

function fillCounters(iv: Uint8Array, first: number, length: number): void {
  const view = new DataView(iv.buffer, iv.byteOffset, BLOCK);
  const [a, b, c] = [view.getUint32(0), view.getUint32(4), view.getUint32(8)];
  const d = view.getUint32(12) + first;
  for (let at = 0; at < length; at += BLOCK) {
    words.setUint32(at, a);
    words.setUint32(at + 4, b);
    words.setUint32(at + 8, c);
    words.setUint32(at + 12, d + at / BLOCK);
  }
}
