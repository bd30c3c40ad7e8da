import * as v from 'valibot';
import { albEvent, requestOfAlb, resultForAlb } from './alb.ts';
import { FrontDoorError } from './errors.ts';
import { httpApiV2Event, requestOfHttpApiV2, resultForHttpApiV2 } from './http-api-v2.ts';
import type { FrontDoorRequest, HttpResponse } from './request.ts';
import { requestOfRestV1, restV1Event, resultForRestV1 } from './rest-v1.ts';

export { CORRELATION_HEADER, correlationIdOf } from './correlation.ts';
export { isDigestUriOfRequest } from './digest-uri.ts';
export { FrontDoorError, type FrontDoorErrorCode } from './errors.ts';
export {
  type FrontDoorRequest,
  type HttpResponse,
  normalisedPath,
  originFormOf,
  queryParameters,
} from './request.ts';
export { isFromEdge, ORIGIN_SECRET_HEADER, ueAddressOf } from './ue-address.ts';

/** The request in an event of API Gateway (HTTP API v2, REST v1) or ALB. @throws FrontDoorError */
export function requestOfEvent(event: unknown): FrontDoorRequest {
  const http = v.safeParse(httpApiV2Event, event);
  if (http.success) return requestOfHttpApiV2(http.output);
  const alb = v.safeParse(albEvent, event);
  if (alb.success) return requestOfAlb(alb.output);
  const rest = v.safeParse(restV1Event, event);
  if (rest.success) return requestOfRestV1(rest.output);
  throw new FrontDoorError('unknown-event', 'the event is none of HTTP API payload 2.0, REST API proxy, ALB');
}

/** The response in the form that the request's gateway expects. */
export function resultOfResponse(
  request: Pick<FrontDoorRequest, 'frontDoor' | 'needsMultiValueHeaders'>,
  response: HttpResponse,
) {
  switch (request.frontDoor) {
    case 'http-api-v2':
      return resultForHttpApiV2(response);
    case 'rest-v1':
      return resultForRestV1(response);
    case 'alb':
      return resultForAlb(request, response);
  }
}
