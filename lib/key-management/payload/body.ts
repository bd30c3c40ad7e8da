import { PayloadError } from './errors.ts';
import { mismatchAt } from './mismatch.ts';
import type { PayloadProfile } from './payload-profile.ts';

/** Octets of a request's payload at most; a longer one is refused before it is parsed. */
export const MAX_PAYLOAD_LENGTH = 65_536;

/** Octets of an answer's payload at most: it repeats each item of the request with a code. */
export const MAX_RESPONSE_LENGTH = 2 * MAX_PAYLOAD_LENGTH;

/** The members of the profile that say how a document stands in a body. */
export type BodyMember = 'requestBody' | 'answerBody';

const LENGTHS: Readonly<Record<BodyMember, number>> = {
  requestBody: MAX_PAYLOAD_LENGTH,
  answerBody: MAX_RESPONSE_LENGTH,
};

/**
 * The XML text of a body: in Base64 (TS 33.246 §G.2.3) or as it is, in UTF-8 or UTF-16.
 * @throws PayloadError `too-large`, `bad-base64`; `bad-xml` when the octets are neither encoding
 */
export function decodeBody(body: Uint8Array, profile: PayloadProfile, member: BodyMember): string {
  const maxLength = LENGTHS[member];
  if (body.length > maxLength)
    throw new PayloadError('too-large', `a payload has at most ${maxLength} octets, this one ${body.length}`);
  if (profile[member] === 'base64') return decodeBase64Text(body, member);
  const text = decodeText(body);
  if (/^\s*</.test(text.slice(0, 1000).replace('\ufeff', ''))) return text;
  throw new PayloadError(
    'bad-xml',
    'the body must be an XML document',
    mismatchAt(member, 'xml', [formOf(text)]),
  );
}

/** A body that holds an XML text. @throws PayloadError `too-large` */
export function encodeBody(xml: string, profile: PayloadProfile, member: BodyMember): string {
  const maxLength = LENGTHS[member];
  const body = profile[member] === 'base64' ? Buffer.from(xml, 'utf8').toString('base64') : xml;
  const length = Buffer.byteLength(body);
  if (length <= maxLength) return body;
  throw new PayloadError('too-large', `the items need ${length} octets, a payload has at most ${maxLength}`);
}

/**
 * Decodes the Base64 of an XML text. Ignores line breaks and blanks, which MIME encoders write (RFC 2045
 * §6.8). Otherwise it is strict: the alphabet of RFC 4648 §4, with padding, and no bits left over.
 * @throws PayloadError `bad-base64`; `bad-xml` when the octets are neither UTF-8 nor UTF-16
 */
export function decodeBase64Text(body: Uint8Array, member: BodyMember = 'requestBody'): string {
  const text = Buffer.from(body).toString('latin1');
  const compact = text.replace(/[\t\n\r ]/g, '');
  const octets = Buffer.from(compact, 'base64');
  if (compact !== '' && octets.toString('base64') === compact) return decodeText(octets);
  const mismatch = mismatchAt(member, 'base64', [formOf(text)]);
  throw new PayloadError('bad-base64', 'the body must be the Base64 of an XML document', mismatch);
}

function decodeText(octets: Uint8Array): string {
  try {
    return new TextDecoder(encodingOf(octets), { fatal: true }).decode(octets);
  } catch {
    throw new PayloadError('bad-xml', 'the document is neither UTF-8 nor UTF-16');
  }
}

/** By the byte order mark, or by the `<` that a document without one begins with (XML 1.0 annex F.1). */
function encodingOf([first, second]: Uint8Array): 'utf-8' | 'utf-16le' | 'utf-16be' {
  if ((first === 0xff && second === 0xfe) || (first === 0x3c && second === 0)) return 'utf-16le';
  if ((first === 0xfe && second === 0xff) || (first === 0 && second === 0x3c)) return 'utf-16be';
  return 'utf-8';
}

/** What a body is that is not what it should be. */
function formOf(text: string): string {
  const start = text
    .slice(0, 1000)
    .replace(/^\u00ef\u00bb\u00bf|^\ufeff/, '')
    .trimStart();
  if (text === '') return 'nothing';
  if (start.startsWith('<')) return 'xml';
  return /^[A-Za-z0-9+/=\s]*$/.test(text) ? 'base64' : 'other octets';
}

/** Encodes an XML text as a body: Base64 in one line. */
export function encodeBase64Text(xml: string): string {
  return Buffer.from(xml, 'utf8').toString('base64');
}
