import type { Reader } from '../reader.ts';
import type { Writer } from '../writer.ts';

/**
 * RAND (RFC 3830 §6.11), which should have 16 octets or more.
 *
 *     next payload (1) | RAND len (1) | RAND
 */
export function decodeRand(reader: Reader): Uint8Array {
  return reader.take(reader.uint(1, 'RAND len'), 'RAND');
}

/** @throws MikeyError `bad-value` when there are more than 255 octets */
export function encodeRand(writer: Writer, rand: Uint8Array): void {
  writer.sized(1, rand, 'RAND len');
}
