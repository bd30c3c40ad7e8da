import type { Reader } from '../reader.ts';
import type { Writer } from '../writer.ts';

/**
 * An error (RFC 3830 §6.12): a number of `ERROR_NO`. An unauthenticated one is only a hint (§5.1.2).
 *
 *     next payload (1) | error no (1) | reserved (2)
 */
export function decodeErrorNo(reader: Reader): number {
  const errorNo = reader.uint(1, 'ERR error no');
  reader.take(2, 'ERR reserved');
  return errorNo;
}

/** @throws MikeyError `bad-value` */
export function encodeErrorNo(writer: Writer, errorNo: number): void {
  writer.uint(1, errorNo, 'ERR error no').uint(2, 0, 'ERR reserved');
}
