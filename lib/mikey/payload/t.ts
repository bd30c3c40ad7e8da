import { nameIn, TS_LENGTH, TS_TYPE } from '../constants.ts';
import { MikeyError } from '../errors.ts';
import type { Reader } from '../reader.ts';
import type { Writer } from '../writer.ts';

/**
 * The time stamp (RFC 3830 §6.6).
 *
 *     next payload (1) | TS type (1) | value (8 for NTP-UTC and NTP, 4 for COUNTER)
 */
export interface Timestamp {
  readonly type: keyof typeof TS_TYPE;
  /** As carried. */
  readonly value: Uint8Array;
}

/** @throws MikeyError */
export function decodeTimestamp(reader: Reader): Timestamp {
  const type = nameIn(TS_TYPE, reader.uint(1, 'T type'));
  if (type === undefined) return reader.refuse('unknown-type', 'T type');
  return { type, value: reader.take(TS_LENGTH[type], 'T value') };
}

/** @throws MikeyError `bad-value` when the value does not have the length of its type */
export function encodeTimestamp(writer: Writer, { type, value }: Timestamp): void {
  if (value.length !== TS_LENGTH[type]) throw new MikeyError('bad-value', { field: 'T value' });
  writer.uint(1, TS_TYPE[type], 'T type').octets(value);
}

/** A COUNTER time stamp. @throws MikeyError `bad-value` unless it is a whole number of 32 bits */
export function counterTimestamp(counter: number): Timestamp {
  if (!Number.isInteger(counter) || counter < 0 || counter > 0xffff_ffff)
    throw new MikeyError('bad-value', { field: 'T counter' });
  const value = Buffer.alloc(TS_LENGTH.COUNTER);
  value.writeUInt32BE(counter);
  return { type: 'COUNTER', value: Uint8Array.from(value) };
}

/** The counter, or undefined when the time stamp is a time. */
export function counterOf({ type, value }: Timestamp): number | undefined {
  return type === 'COUNTER' ? Buffer.from(value).readUInt32BE() : undefined;
}
