import { PayloadError } from './errors.ts';
import { describeText, mismatchAt } from './mismatch.ts';
import type { PayloadProfile } from './payload-profile.ts';

/**
 * Decodes the `length` octets of an identifier: as an xs:base64Binary or an xs:hexBinary, as the profile
 * says. White space may stand anywhere in it.
 * @throws PayloadError `bad-content`
 */
export function decodeIdentifier(
  text: string,
  length: number,
  { identifiers }: PayloadProfile,
  name: string,
): Uint8Array {
  const compact = text.replace(/[\t\n\r ]/g, '');
  const octets = Buffer.from(compact, identifiers);
  const again = octets.toString(identifiers);
  if (octets.length === length && again === (identifiers === 'hex' ? compact.toLowerCase() : compact))
    return octets;
  const expected = `the ${identifiers === 'hex' ? 'hexadecimal digits' : 'Base64'} of ${length} octets`;
  const mismatch = mismatchAt('identifiers', expected, [describeText(compact)]);
  throw new PayloadError('bad-content', `${name} must be ${expected}`, mismatch);
}

/** Encodes the octets of an identifier as the profile says. */
export function encodeIdentifier(octets: Uint8Array, { identifiers }: PayloadProfile): string {
  return Buffer.from(octets).toString(identifiers);
}
