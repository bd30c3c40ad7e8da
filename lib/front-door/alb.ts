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
  requestContext: v.object({ elb: v.object({ targetGroupArn: v.string() }) }),
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
    // The load balancer appends the peer it saw, so the last address is the one it vouches for.
    sourceAddress: (headers.get('x-forwarded-for') ?? '').split(',').at(-1)?.trim() ?? '',
    requestId: headers.get('x-amzn-trace-id') ?? '',
  };
}

/** The result that a load balancer takes, with multi-value headers on or off. */
export function resultForAlb({ status, headers, body }: HttpResponse) {
  const multiValueHeaders = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, [value]]),
  );
  return { statusCode: status, headers: { ...headers }, multiValueHeaders, body, isBase64Encoded: false };
}
