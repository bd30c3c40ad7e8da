import * as v from 'valibot';
import { bodyOctets, headersOf, singleHeaders } from './event-parts.ts';
import { type FrontDoorRequest, type HttpResponse, pathOfTarget } from './request.ts';

/** The event of an API Gateway HTTP API, payload version 2.0: the fields that are used. */
export const httpApiV2Event = v.object({
  version: v.literal('2.0'),
  rawPath: v.string(),
  rawQueryString: v.string(),
  headers: singleHeaders,
  body: v.optional(v.nullable(v.string())),
  isBase64Encoded: v.optional(v.boolean()),
  requestContext: v.object({
    requestId: v.optional(v.string(), ''),
    stage: v.optional(v.string(), '$default'),
    http: v.object({ method: v.string(), sourceIp: v.string() }),
  }),
});

/**
 * Path and query are the octets that were sent. The path begins with the stage unless that is `$default`. An
 * edge may have added the stage, so the path without it counts as the same target.
 * @throws FrontDoorError `bad-base64`
 */
export function requestOfHttpApiV2(event: v.InferOutput<typeof httpApiV2Event>): FrontDoorRequest {
  const { http, requestId, stage } = event.requestContext;
  const path = pathOfTarget(event.rawPath);
  const isStaged = path.startsWith(`/${stage}/`);
  return {
    frontDoor: 'http-api-v2',
    method: http.method,
    path,
    ...(isStaged ? { otherPaths: [path.slice(stage.length + 1)] } : {}),
    query: event.rawQueryString,
    targetIsExact: true,
    headers: headersOf(event.headers, undefined),
    body: bodyOctets(event.body, event.isBase64Encoded),
    sourceAddress: http.sourceIp,
    requestId,
  };
}

/** The result that an HTTP API expects: each header once. */
export function resultForHttpApiV2({ status, headers, body }: HttpResponse) {
  return { statusCode: status, headers: { ...headers }, body, isBase64Encoded: false };
}
