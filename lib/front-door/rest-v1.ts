import * as v from 'valibot';
import { bodyOctets, headersOf, proxyEventFields, rebuiltQuery } from './event-parts.ts';
import { type FrontDoorRequest, type HttpResponse, pathOfTarget } from './request.ts';

/** The event of an API Gateway REST API with proxy integration: the fields that are used. */
export const restV1Event = v.object({
  ...proxyEventFields,
  requestContext: v.object({
    requestId: v.optional(v.string(), ''),
    extendedRequestId: v.optional(v.string()),
    path: v.optional(v.string()),
    identity: v.object({ sourceIp: v.string() }),
  }),
});

/**
 * The gateway decodes the query; this function encodes it again, so only its meaning can be compared. `path`
 * lacks the stage and `requestContext.path` has it: the UE may have sent either.
 * @throws FrontDoorError `bad-base64`
 */
export function requestOfRestV1(event: v.InferOutput<typeof restV1Event>): FrontDoorRequest {
  const path = pathOfTarget(event.path);
  const outerPath = pathOfTarget(event.requestContext.path ?? event.path);
  return {
    frontDoor: 'rest-v1',
    method: event.httpMethod,
    path,
    ...(outerPath === path ? {} : { otherPaths: [outerPath] }),
    query: rebuiltQuery(
      event.queryStringParameters,
      event.multiValueQueryStringParameters,
      // encodeURIComponent throws on a lone surrogate; no gateway should send one.
      (text) => encodeURIComponent(text.toWellFormed()),
    ),
    targetIsExact: false,
    headers: headersOf(event.headers, event.multiValueHeaders),
    body: bodyOctets(event.body, event.isBase64Encoded),
    sourceAddress: event.requestContext.identity.sourceIp,
    // A client may choose the other one.
    requestId: event.requestContext.extendedRequestId ?? event.requestContext.requestId,
  };
}

/** The result that a REST API expects. */
export function resultForRestV1({ status, headers, body }: HttpResponse) {
  return { statusCode: status, headers: { ...headers }, body, isBase64Encoded: false };
}
