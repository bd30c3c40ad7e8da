import * as v from 'valibot';
import { bodyOctets, headersOf, multiValues, rebuiltQuery, singleHeaders } from './event-parts.ts';
import type { FrontDoorRequest, HttpResponse } from './request.ts';

/** An event of an API Gateway REST API with proxy integration, as far as it is used. */
export const restV1Event = v.object({
  httpMethod: v.string(),
  path: v.string(),
  headers: singleHeaders,
  multiValueHeaders: multiValues,
  queryStringParameters: singleHeaders,
  multiValueQueryStringParameters: multiValues,
  body: v.optional(v.nullable(v.string())),
  isBase64Encoded: v.optional(v.boolean()),
  requestContext: v.object({
    requestId: v.optional(v.string(), ''),
    path: v.optional(v.string()),
    identity: v.object({ sourceIp: v.string() }),
  }),
});

/**
 * The gateway has decoded the query, so it is made anew and compared by meaning only. `path` is without
 * the stage and `requestContext.path` with it: the UE may have sent either.
 * @throws FrontDoorError `bad-base64`
 */
export function requestOfRestV1(event: v.InferOutput<typeof restV1Event>): FrontDoorRequest {
  const outerPath = event.requestContext.path;
  return {
    frontDoor: 'rest-v1',
    method: event.httpMethod,
    path: event.path,
    ...(outerPath === undefined || outerPath === event.path ? {} : { otherPaths: [outerPath] }),
    query: rebuiltQuery(
      event.queryStringParameters,
      event.multiValueQueryStringParameters,
      // A lone surrogate, which no gateway should send, must not throw.
      (text) => encodeURIComponent(text.toWellFormed()),
    ),
    targetIsExact: false,
    headers: headersOf(event.headers, event.multiValueHeaders),
    body: bodyOctets(event.body, event.isBase64Encoded),
    sourceAddress: event.requestContext.identity.sourceIp,
    requestId: event.requestContext.requestId,
  };
}

/** The result that a REST API takes. */
export function resultForRestV1({ status, headers, body }: HttpResponse) {
  return { statusCode: status, headers: { ...headers }, body, isBase64Encoded: false };
}
