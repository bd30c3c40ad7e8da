import { PayloadError } from './errors.ts';

/**
 * Decodes the body of a request or response: Base64 of an XML text in UTF-8 or UTF-16 (TS 33.246 §G.2.3).
 * Ignores line breaks and blanks, which MIME encoders write (RFC 2045 §6.8). Otherwise it is strict: the
 * alphabet of RFC 4648 §4, with padding, and no bits left over.
 * @throws PayloadError `bad-base64`; `bad-xml` when the octets are neither
 */
export function decodeBase64Text(body: Uint8Array): string {
  const compact = Buffer.from(body)
    .toString('latin1')
    .replace(/[\t\n\r ]/g, '');
  const octets = Buffer.from(compact, 'base64');
  if (compact === '' || octets.toString('base64') !== compact) {
    throw new PayloadError('bad-base64', 'the body must be the Base64 of an XML document');
  }
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

/** Encodes an XML text as a body: Base64 in one line. */
export function encodeBase64Text(xml: string): string {
  return Buffer.from(xml, 'utf8').toString('base64');
}

/**
 * Decodes an xs:base64Binary of `length` octets; white space may stand anywhere in it. @throws PayloadError
 * `bad-content`
 */
export function decodeBase64Binary(text: string, length: number, name: string): Uint8Array {
  const compact = text.replace(/[\t\n\r ]/g, '');
  const octets = Buffer.from(compact, 'base64');
  if (octets.length !== length || octets.toString('base64') !== compact) {
    throw new PayloadError('bad-content', `${name} must be the Base64 of ${length} octets`);
  }
  return octets;
}

/** Encodes octets as an xs:base64Binary. */
export function encodeBase64Binary(octets: Uint8Array): string {
  return Buffer.from(octets).toString('base64');
}
