import type { Result, Test } from './data-set.ts';

/** The text of octets in Base64. */
export const base64 = (value: string | Buffer) => Buffer.from(value).toString('base64');

/** The Base64 of octets in hexadecimal. */
export const hexBase64 = (hex: string) => Buffer.from(hex, 'hex').toString('base64');

/** A test of a document. */
export function document(
  result: Result,
  flag: string,
  comment: string,
  xml: string,
  more: object = {},
): Test {
  return { comment, result, flags: [flag, 'Unverified'], xml, ...more };
}

/** A test of a document that is refused. */
export function badDocument(comment: string, xml: string): Test {
  return document('invalid', 'BadDocument', comment, xml);
}

/** A test of a body that is no document. */
export function badBody(comment: string, body: string): Test {
  return { comment, result: 'invalid', flags: ['BadDocument'], body };
}

/** The test of what our encoder makes. */
export function canonical(comment: string, body: string, isBase64: boolean, items: readonly unknown[]): Test {
  const xml = isBase64 ? Buffer.from(body, 'base64').toString() : body;
  return document('valid', 'Canonical', comment, xml, { body, items });
}
