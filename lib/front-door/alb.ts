import { STATUS_CODES } from 'node:http';
import { isIP } from 'node:net';
import * as v from 'valibot';
import { bodyOctets, headersOf, multiValues, rebuiltQuery, singleHeaders } from './event-parts.ts';
import type { FrontDoorRequest, HttpResponse } from './request.ts';

/** An event of an Application Load Balancer's Lambda target, as far as it is used. */
export const albEvent = v.object({
  httpMethod: v.string(),
  path: v.string(),
  headers: singleHeaders,
  multiValueHeaders: multiValues,
  queryStringParameters: singleHeaders,
  multiValueQueryStringParameters: multiValues,
  body: v.optional(v.nullable(v.string())),
  isBase64Encoded: v.optional(v.boolean()),
  requestContext: v.object({ elb: v.object({}) }),
});

/** The load balancer leaves the query encoded but splits it, so that order and repeats may differ. @throws FrontDoorError `bad-base64` */
export function requestOfAlb(event: v.InferOutput<typeof albEvent>): FrontDoorRequest {
  const headers = headersOf(event.headers, event.multiValueHeaders);
  return {
    frontDoor: 'alb',
    method: event.httpMethod,
    path: event.path,
    query: rebuiltQuery(event.queryStringParameters, event.multiValueQueryStringParameters, (text) => text),
    targetIsExact: false,
    headers,
    body: bodyOctets(event.body, event.isBase64Encoded),
    sourceAddress: peerOf(headers.get('x-forwarded-for')),
    requestId: headers.get('x-amzn-trace-id') ?? '',
    needsMultiValueHeaders: event.multiValueHeaders !== undefined && event.multiValueHeaders !== null,
  };
}

/** A target group with multi-value headers takes no others, and one without takes none of them. */
export function resultForAlb(
  { needsMultiValueHeaders }: Pick<FrontDoorRequest, 'needsMultiValueHeaders'>,
  { status, headers, body }: HttpResponse,
) {
  const lists = Object.entries(headers).map(([name, value]): [string, string[]] => [name, [value]]);
  return {
    statusCode: status,
    statusDescription: `${status} ${STATUS_CODES[status] ?? ''}`.trimEnd(),
    ...(needsMultiValueHeaders
      ? { multiValueHeaders: Object.fromEntries(lists) }
      : { headers: { ...headers } }),
    body,
    isBase64Encoded: false,
  };
}

/**
 * The load balancer appends the peer it saw to X-Forwarded-For, so only the last address is one it vouches
 * for; a setting has a port follow it.
 */
function peerOf(forwardedFor = ''): string {
  const last = forwardedFor.split(',').at(-1)?.trim() ?? '';
  const withoutPort = last.replace(/:[0-9]+$/, '').replace(/^\[(.*)\]$/, '$1');
  return [last, withoutPort].find((address) => isIP(address) !== 0) ?? '';
}
