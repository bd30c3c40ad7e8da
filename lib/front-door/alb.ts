import { STATUS_CODES } from 'node:http';
import { isIP } from 'node:net';
import * as v from 'valibot';
import { bodyOctets, headersOf, proxyEventFields, rebuiltQuery } from './event-parts.ts';
import { type FrontDoorRequest, type HttpResponse, pathOfTarget } from './request.ts';

/** The event of an Application Load Balancer's Lambda target: the fields that are used. */
export const albEvent = v.object({
  ...proxyEventFields,
  requestContext: v.object({ elb: v.object({}) }),
});

/**
 * The load balancer splits the query without decoding it: order and repetitions may differ from what was
 * sent.
 * @throws FrontDoorError `bad-base64`
 */
export function requestOfAlb(event: v.InferOutput<typeof albEvent>): FrontDoorRequest {
  const headers = headersOf(event.headers, event.multiValueHeaders);
  return {
    frontDoor: 'alb',
    method: event.httpMethod,
    path: pathOfTarget(event.path),
    query: rebuiltQuery(event.queryStringParameters, event.multiValueQueryStringParameters, (text) => text),
    targetIsExact: false,
    headers,
    body: bodyOctets(event.body, event.isBase64Encoded),
    sourceAddress: peerOf(headers.get('x-forwarded-for')),
    requestId: traceIdOf(headers.get('x-amzn-trace-id')),
    needsMultiValueHeaders: event.multiValueHeaders !== undefined && event.multiValueHeaders !== null,
  };
}

/** A target group takes either multi-value headers or single ones, never both. */
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
 * The ID that the load balancer itself gave the request: a `Root` that comes with the request stays, and
 * then it adds `Self`.
 */
function traceIdOf(traceHeader = ''): string {
  const fields = new Map(traceHeader.split(';').map((field): [string, string] => partsOf(field)));
  return fields.get('self') ?? fields.get('root') ?? '';
}

function partsOf(field: string): [string, string] {
  const at = field.indexOf('=');
  return [field.slice(0, Math.max(0, at)).trim().toLowerCase(), field.slice(at + 1).trim()];
}

/**
 * The load balancer appends its peer to X-Forwarded-For, so it vouches only for the last address; a setting
 * appends the port too.
 */
function peerOf(forwardedFor = ''): string {
  const last = forwardedFor.split(',').at(-1)?.trim() ?? '';
  const withoutPort = last.replace(/:[0-9]+$/, '').replace(/^\[(.*)\]$/, '$1');
  return [last, withoutPort].find((address) => isIP(address) !== 0) ?? '';
}
