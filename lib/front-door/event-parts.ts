import * as v from 'valibot';
import { FrontDoorError } from './errors.ts';

/** Header fields of an event that has each name once. */
export const singleHeaders = v.optional(v.nullable(v.record(v.string(), v.optional(v.string()))));

/** Header fields or query parameters of an event that has each name with all its values. */
export const multiValues = v.optional(v.nullable(v.record(v.string(), v.optional(v.array(v.string())))));

/** The body's octets: gateways send text as it is, and whatever they take for binary in Base64. @throws FrontDoorError `bad-base64` */
export function bodyOctets(
  body: string | null | undefined,
  isBase64Encoded: boolean | undefined,
): Uint8Array {
  if (body === null || body === undefined) return new Uint8Array(0);
  if (isBase64Encoded !== true) return Buffer.from(body, 'utf8');
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(body))
    throw new FrontDoorError('bad-base64', 'the body is marked as Base64 and is not');
  return Buffer.from(body, 'base64');
}

/** Headers by lower-case name; where there are several values they are joined as RFC 9110 §5.3 does. */
export function headersOf(
  single: v.InferOutput<typeof singleHeaders>,
  multi: v.InferOutput<typeof multiValues>,
): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  for (const [name, value] of Object.entries(single ?? {}))
    if (value !== undefined) headers.set(name.toLowerCase(), value);
  for (const [name, values] of Object.entries(multi ?? {})) {
    if (values !== undefined && values.length > 0) headers.set(name.toLowerCase(), values.join(', '));
  }
  return headers;
}

/** A query of decoded values made into text again: its octets need not be those that were sent. */
export function rebuiltQuery(
  single: v.InferOutput<typeof singleHeaders>,
  multi: v.InferOutput<typeof multiValues>,
  encode: (text: string) => string,
): string {
  const pairs: [string, string][] = multi
    ? Object.entries(multi).flatMap(([name, values]) =>
        (values ?? []).map((value): [string, string] => [name, value]),
      )
    : Object.entries(single ?? {}).map(([name, value = '']) => [name, value]);
  return pairs.map(([name, value]) => `${encode(name)}=${encode(value)}`).join('&');
}
