import * as v from 'valibot';
import { FrontDoorError } from './errors.ts';

/** Header fields of an event that has each name once. */
export const singleHeaders = v.optional(v.nullable(v.record(v.string(), v.optional(v.string()))));

/** Header fields or query parameters of an event that has each name with all its values. */
export const multiValues = v.optional(v.nullable(v.record(v.string(), v.optional(v.array(v.string())))));

/** The fields that a REST API's proxy event and a load balancer's event share. */
export const proxyEventFields = {
  httpMethod: v.string(),
  path: v.string(),
  headers: singleHeaders,
  multiValueHeaders: multiValues,
  queryStringParameters: singleHeaders,
  multiValueQueryStringParameters: multiValues,
  body: v.optional(v.nullable(v.string())),
  isBase64Encoded: v.optional(v.boolean()),
};

/**
 * The octets of the body: a gateway passes text as it is, and what it takes for binary in Base64.
 * @throws FrontDoorError `bad-base64`
 */
export function bodyOctets(
  body: string | null | undefined,
  isBase64Encoded: boolean | undefined,
): Uint8Array {
  if (body === null || body === undefined) return new Uint8Array(0);
  if (isBase64Encoded !== true) return Buffer.from(body, 'utf8');
  const octets = Buffer.from(body, 'base64');
  if (octets.toString('base64') !== body)
    throw new FrontDoorError('bad-base64', 'the body is marked as Base64 but is not');
  return octets;
}

/**
 * Headers by lower-case name. Joins several values of a name by commas (RFC 9110 §5.3), also when its
 * spellings differ in case. Uses only the lists of values when the event has them.
 */
export function headersOf(
  single: v.InferOutput<typeof singleHeaders>,
  multi: v.InferOutput<typeof multiValues>,
): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  for (const [name, given] of Object.entries(multi ?? single ?? {})) {
    const key = name.toLowerCase();
    for (const value of [given ?? []].flat()) {
      const before = headers.get(key);
      headers.set(key, before === undefined ? value : `${before}, ${value}`);
    }
  }
  return headers;
}

/** Makes a query from names and values; its octets may differ from those that were sent. */
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
