import * as v from 'valibot';
import { SecretKey } from '../keys/secret-key.ts';

/** An unsigned number of 32 bits (Uint32, TS 29.571 §5.2.2). */
export const uint32 = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xffffffff));

/** A text of at most `max` characters. */
export const text = (max: number) => v.pipe(v.string(), v.maxLength(max));

/** An open enumeration: another text is a value that this release does not know (TS 29.501 §5.2.3.2). */
export const openEnum = text(64);

/** Octets as hex digits. */
export const octets = (length: number) =>
  v.pipe(v.string(), v.regex(new RegExp(`^[A-Fa-f0-9]{${2 * length}}$`)));

/** A key of `length` octets as hex digits. */
export const key = (length: number) =>
  v.pipe(
    octets(length),
    v.transform((hex) => new SecretKey(Buffer.from(hex, 'hex'))),
  );

/** The hex digits of a key, for the body that carries it. */
export function hexOf(key: SecretKey): string {
  return Buffer.from(key.exposeOctets()).toString('hex');
}

/** A date and time of RFC 3339, with its offset from UTC, as ms since the epoch. */
export const dateTime = v.pipe(
  v.string(),
  v.regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/i),
  v.transform(Date.parse),
  v.finite(),
);

/** The RFC 3339 text of a time in ms since the epoch; undefined stays. */
export function dateTimeOf(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : new Date(ms).toISOString();
}

/** A text that a parser takes; what the parser throws is one issue. */
export const parsedBy = <T>(parse: (text: string) => T) =>
  v.rawTransform<string, T>(({ dataset, addIssue, NEVER }) => {
    try {
      return parse(dataset.value);
    } catch {
      addIssue({ message: 'malformed' });
      return NEVER;
    }
  });
