import {
  FrontDoorError,
  isDigestUriOfRequest,
  queryParameters,
  requestOfEvent,
  resultOfResponse,
  ueAddressOf,
} from '../../../../lib/front-door/index.ts';
import { SecretKey } from '../../../../lib/keys/secret-key.ts';
import { albEvent, httpApiV2Event, restV1Event } from '../../../front-door/events.ts';
import { type FuzzTarget, octetsOf, textOf } from '../fuzz-target.ts';

const SENT = {
  path: '/keymanagement',
  query: 'requesttype=register&mikey-port=5000',
  headers: [['Content-Type', 'application/mbms-register+xml']],
  body: octetsOf('PGE+'),
} as const;

const ORIGIN_SECRET = 'secret-of-the-edge';
const FROM_EDGE = {
  ...SENT,
  headers: [
    ...SENT.headers,
    ['x-bmsc-origin-secret', ORIGIN_SECRET],
    ['cloudfront-viewer-address', '198.51.100.7:4711'],
  ],
} as const;

/** Events of every gateway, as JSON. */
export const target: FuzzTarget = {
  files: ['lib/front-door/'],
  seeds: [
    httpApiV2Event(SENT, false),
    httpApiV2Event(SENT, true, 'stage'),
    httpApiV2Event(FROM_EDGE, true),
    restV1Event(SENT, true),
    albEvent(SENT, true),
    albEvent(SENT, false, false),
  ].map((event) => octetsOf(JSON.stringify(event))),
  tokens: [
    ...[
      '"',
      '{',
      '}',
      '[',
      ']',
      ':',
      ',',
      'null',
      'true',
      '1e999',
      '-1',
      '""',
      '"\\u0000"',
      '"__proto__":',
      '{}',
      '[]',
    ],
    ...[
      '"isBase64Encoded":true',
      '%',
      '%zz',
      '%00',
      '//',
      '?',
      '#',
      '&',
      '=',
      '::1',
      '[::1]:1',
      '10.0.0.1, 2001:db8::1',
    ],
    ...['"x-forwarded-for":"', '"cloudfront-viewer-address":"', 'http://host/'],
  ],
  run: (input) => {
    const request = requestOfEvent(parsed(textOf(input)));
    queryParameters(request);
    isDigestUriOfRequest('/keymanagement?requesttype=register', request);
    resultOfResponse(request, { status: 200, headers: {}, body: '' });
    ueAddressOf(request, [new SecretKey(octetsOf(ORIGIN_SECRET))]);
    ueAddressOf(request);
  },
  isExpected: (error) => error instanceof FrontDoorError,
};

/** A gateway's event is always JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
