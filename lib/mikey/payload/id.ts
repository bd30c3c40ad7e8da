import type { Reader } from '../reader.ts';
import type { Writer } from '../writer.ts';

/**
 * An identity (RFC 3830 §6.7).
 *
 *     next payload (1) | ID type (1) | ID len (2) | ID
 */
export interface Identity {
  /** A number of `ID_TYPE`, or an unknown one: identities are compared by their data only. */
  readonly type: number;
  readonly data: Uint8Array;
}

/** @throws MikeyError `truncated` */
export function decodeIdentity(reader: Reader): Identity {
  return { type: reader.uint(1, 'ID type'), data: reader.take(reader.uint(2, 'ID len'), 'ID') };
}

/** @throws MikeyError `bad-value` when there are more than 65535 octets */
export function encodeIdentity(writer: Writer, { type, data }: Identity): void {
  writer.uint(1, type, 'ID type').sized(2, data, 'ID len');
}
