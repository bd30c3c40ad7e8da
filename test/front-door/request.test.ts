import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  correlationIdOf,
  FrontDoorError,
  isDigestUriOfRequest,
  normalisedPath,
  queryParameters,
  requestOfEvent,
  resultOfResponse,
} from '../../lib/front-door/index.ts';
import { encodeMskRequest } from '../../lib/key-management/payload/msk-request.ts';
import { parseKeyDomainId } from '../../lib/keys/key-domain-id.ts';
import { mskId } from '../../lib/keys/msk-id.ts';
import { albEvent, httpApiV2Event, restV1Event, type SentRequest } from './events.ts';

const sent: SentRequest = {
  path: '/keymanagement',
  query: 'requesttype=msk-request',
  headers: [
    ['Content-Type', 'application/mbms-msk+xml'],
    ['Authorization', 'Digest username="a@b", uri="/keymanagement?requesttype=msk-request"'],
    ['X-Bmsc', 'ü'],
  ],
  body: Buffer.from(encodeMskRequest([{ keyDomainId: parseKeyDomainId('00f110'), mskId: mskId(1, 0) }])),
};
const refusal = (code: string) => expect.objectContaining({ name: 'FrontDoorError', code });

const doors = [
  ['an HTTP API, body in Base64', httpApiV2Event(sent, true)],
  ['an HTTP API, body plain', httpApiV2Event(sent, false)],
  ['a REST API, body in Base64', restV1Event(sent, true)],
  ['a REST API, body plain', restV1Event(sent, false)],
  ['a load balancer, body in Base64', albEvent(sent, true)],
  ['a load balancer, body plain', albEvent(sent, false)],
  ['a load balancer without lists of values', albEvent(sent, true, false)],
] as const;

describe('the same request through', () => {
  it.each(doors)('%s is the same', (_, event) => {
    const request = requestOfEvent(event);
    expect(Buffer.from(request.body)).toEqual(Buffer.from(sent.body));
    expect(request).toMatchObject({
      method: 'POST',
      path: '/keymanagement',
      query: 'requesttype=msk-request',
      sourceAddress: '192.0.2.1',
      requestId: 'request-1',
    });
    expect(request.headers.get('content-type')).toBe('application/mbms-msk+xml');
    expect(request.headers.get('authorization')).toBe(sent.headers[1]?.[1]);
    expect(request.headers.get('x-bmsc')).toBe('ü');
    expect(request.targetIsExact).toBe(request.frontDoor === 'http-api-v2');
  });

  it.each([true, false])('each gateway has the octets of the body, in Base64: %s', (isBase64Encoded) => {
    const bodies = isBase64Encoded
      ? fc.uint8Array({ maxLength: 100 })
      : fc.string({ unit: 'grapheme' }).map((text): Uint8Array => Buffer.from(text, 'utf8'));
    fc.assert(
      fc.property(bodies, (body) => {
        for (const makeEvent of [httpApiV2Event, restV1Event, albEvent]) {
          const request = requestOfEvent(makeEvent({ ...sent, body }, isBase64Encoded));
          expect(Buffer.from(request.body)).toEqual(Buffer.from(body));
        }
      }),
    );
  });
});

describe('the ID by which a request is followed', () => {
  const { headers } = requestOfEvent(httpApiV2Event({ ...sent, headers: [['X-Proxy', 'p-1']] }, true));

  it('is that of the gateway, or that of a header which the settings name', () => {
    expect(correlationIdOf({ headers, requestId: 'r' }, undefined)).toBe('r');
    expect(correlationIdOf({ headers, requestId: 'r' }, 'x-proxy')).toBe('p-1');
    expect(correlationIdOf({ headers, requestId: 'r' }, 'x-other')).toBe('r');
    expect(correlationIdOf({ headers, requestId: '' }, undefined)).toBeUndefined();
  });

  it.each(['', 'two words', 'line\nbreak', 'ü', 'x'.repeat(129)])('is not %j of a header', (named) => {
    expect(correlationIdOf({ headers: new Map([['x-proxy', named]]), requestId: 'r' }, 'x-proxy')).toBe('r');
  });

  it.each([
    ['Root=1-a', '1-a'],
    ['Self=1-b;Root=1-chosen-by-the-ue', '1-b'],
    ['Root=1-chosen-by-the-ue; Self=1-b', '1-b'],
    ['no field', ''],
  ])('is of a load balancer the one that it made itself: %s', (header, requestId) => {
    const event = albEvent(sent, true, false);
    const named = { ...event, headers: { 'x-forwarded-for': '192.0.2.1', 'x-amzn-trace-id': header } };
    expect(requestOfEvent(named).requestId).toBe(requestId);
  });

  it('is of a REST API the one that a client can not choose', () => {
    const event = restV1Event(sent, true);
    const requestContext = { ...event.requestContext, extendedRequestId: 'x-1' };
    expect(requestOfEvent({ ...event, requestContext }).requestId).toBe('x-1');
  });
});

describe.each([
  ['an HTTP API', httpApiV2Event],
  ['a REST API', restV1Event],
  ['a load balancer', albEvent],
] as const)('a target that %s passes on', (_, makeEvent) => {
  const pathOf = (path: string) => requestOfEvent(makeEvent({ ...sent, path }, true)).path;

  it.each([
    ['http://bmsc.home1.net/keymanagement', '/keymanagement'],
    ['HTTPS://bmsc.home1.net:443/keymanagement', '/keymanagement'],
    ['http://[2001:db8::1]:8080/keymanagement', '/keymanagement'],
    ['http://bmsc.home1.net/key%6Danagement', '/key%6Danagement'],
    ['http://bmsc.home1.net', '/'],
  ])('in absolute form, %s, has a path (RFC 9112 §3.2.2)', (target, path) => {
    expect(pathOf(target)).toBe(path);
    const request = requestOfEvent(makeEvent({ ...sent, path: target }, true));
    for (const uri of [path, target, `http://other.home1.net${path}`])
      expect(isDigestUriOfRequest(`${uri}?${sent.query}`, request)).toBe(true);
    expect(isDigestUriOfRequest(`${path}x?${sent.query}`, request)).toBe(false);
  });

  it.each([
    '/bmsc.home1.net/keymanagement',
    '//bmsc.home1.net/keymanagement',
    '/http://bmsc.home1.net/keymanagement',
    'bmsc.home1.net/keymanagement',
    'ftp://bmsc.home1.net/keymanagement',
    'http:///keymanagement',
    'http://bmsc.home1.net/keymanagement#a',
  ])('in no absolute form, %s, is left as it is', (target) => {
    expect(pathOf(target)).toBe(target);
  });
});

describe('a path in its normal form (RFC 3986 §6.2.2)', () => {
  it.each([
    ['has unreserved characters plain', '/%6bey%2Dm%2e%5F%7eanagement', '/key-m._~anagement'],
    ['keeps what is reserved encoded, in upper case', '/a%2fb%3a', '/a%2Fb%3A'],
    ['has no escape decoded twice', '/%256bey', '/%256bey'],
    ['keeps what is no escape', '/%zz%6', '/%zz%6'],
  ])('%s', (_, path, normal) => {
    expect(normalisedPath(path)).toBe(normal);
  });
});

describe('the event of an HTTP API', () => {
  it('gives path and query as they were sent', () => {
    const odd = { ...sent, path: '/key%2Fmanagement%20', query: 'b=%3d+&a=&a=1&&c' };
    expect(requestOfEvent(httpApiV2Event(odd, true))).toMatchObject({ path: odd.path, query: odd.query });
  });

  it('may have no body, no headers and no query', () => {
    const { requestContext } = httpApiV2Event(sent, true);
    const request = requestOfEvent({
      version: '2.0',
      rawPath: '/',
      rawQueryString: '',
      requestContext,
      body: null,
    });
    expect(request).toMatchObject({ path: '/', query: '', body: new Uint8Array() });
    expect(request.headers.size).toBe(0);
  });
});

describe('headers', () => {
  it('that stand several times are joined, in whatever case they are written', () => {
    const event = {
      ...restV1Event(sent, true),
      multiValueHeaders: { Accept: ['a', 'b'], ACCEPT: ['c'], 'X-Empty': [] },
    };
    const { headers } = requestOfEvent(event);
    expect([...headers]).toEqual([['accept', 'a, b, c']]);
  });

  it('named as members of objects are only headers', () => {
    const event = JSON.parse(
      JSON.stringify(httpApiV2Event(sent, true)).replace(
        '"x-bmsc":',
        '"__proto__":"p","constructor":"c","x-bmsc":',
      ),
    );
    const { headers } = requestOfEvent(event);
    expect(headers.get('x-bmsc')).toBe('ü');
    expect(headers.get('tostring')).toBeUndefined();
  });
});

describe('the peer of a load balancer', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['203.0.113.9, 192.0.2.1', '192.0.2.1'],
    ['192.0.2.1:4711', '192.0.2.1'],
    ['2001:db8::1', '2001:db8::1'],
    ['[2001:db8::1]:4711', '2001:db8::1'],
    ['192.0.2.1, unknown', ''],
    ['', ''],
  ])('in X-Forwarded-For: %s is %j', (forwardedFor, peer) => {
    const event = { ...albEvent(sent, true), multiValueHeaders: { 'x-forwarded-for': [forwardedFor] } };
    expect(requestOfEvent(event).sourceAddress).toBe(peer);
  });

  it('is unknown without the header', () => {
    const event = { ...albEvent(sent, true), multiValueHeaders: {} };
    expect(requestOfEvent(event).sourceAddress).toBe('');
  });
});

describe('an event', () => {
  it.each([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'event'],
    ['an empty object', {}],
    ['of a queue', { Records: [{ body: '' }] }],
    ['of another version', { ...httpApiV2Event(sent, true), version: '3.0' }],
    ['without a context', { ...httpApiV2Event(sent, true), requestContext: undefined }],
    ['with a path that is no text', { ...httpApiV2Event(sent, true), rawPath: 1 }],
    ['with a body that is no text', { ...restV1Event(sent, true), body: {} }],
    ['with headers that are no texts', { ...albEvent(sent, true), multiValueHeaders: { a: 'b' } }],
  ])('that is %s is refused', (_, event) => {
    expect(() => requestOfEvent(event)).toThrow(refusal('unknown-event'));
  });

  it.each(['A', 'AAA', 'AA==A', 'AB==', 'A-_=', '====', 'ä'])('with the Base64 %j is refused', (body) => {
    for (const makeEvent of [httpApiV2Event, restV1Event, albEvent]) {
      expect(() => requestOfEvent({ ...makeEvent(sent, true), body })).toThrow(refusal('bad-base64'));
    }
  });

  it('with a lone surrogate in a decoded parameter is still a request', () => {
    const event = { ...restV1Event(sent, true), multiValueQueryStringParameters: { a: ['\ud800'] } };
    expect(requestOfEvent(event).query).toBe('a=%EF%BF%BD');
  });

  it('of any shape is a request or a FrontDoorError', () => {
    const bases = doors.map(([, event]) => event);
    const change = fc.tuple(
      fc.constantFrom(...bases),
      fc.constantFrom(...new Set(bases.flatMap((event) => Object.keys(event)))),
      fc.anything({ withNullPrototype: true }),
    );
    const events = fc.oneof(
      fc.anything(),
      change.map(([event, name, value]) => ({ ...event, [name]: value })),
    );
    fc.assert(
      fc.property(events, (event) => {
        try {
          expect(requestOfEvent(event).body).toBeInstanceOf(Uint8Array);
        } catch (error) {
          expect(error).toBeInstanceOf(FrontDoorError);
        }
      }),
    );
  });
});

describe('query parameters', () => {
  it.each([
    ['', {}],
    ['a', { a: [''] }],
    ['a=&b=1', { a: [''], b: ['1'] }],
    ['a=1&b=2&a=3', { a: ['1', '3'], b: ['2'] }],
    ['a=b=c', { a: ['b=c'] }],
    ['a=1+2%2B3%20', { a: ['1+2+3 '] }],
    ['%61=%3D%26', { a: ['=&'] }],
    ['a=%2531', { a: ['%31'] }],
    ['a=%&b=%ff', { a: ['%'], b: ['%ff'] }],
    ['__proto__=1', { ['__proto__']: ['1'] }],
  ])('of %j are decoded once', (query, expected) => {
    const parameters = queryParameters(requestOfEvent(httpApiV2Event({ ...sent, query }, true)));
    expect([...parameters]).toEqual(Object.entries(expected));
  });
});

describe('a response', () => {
  const response = {
    status: 401,
    headers: { 'www-authenticate': 'Digest realm="a", qop="auth"' },
    body: 'no\n',
  };

  it.each([httpApiV2Event, restV1Event])('goes back through API Gateway as it is', (makeEvent) => {
    expect(resultOfResponse(requestOfEvent(makeEvent(sent, true)), response)).toEqual({
      statusCode: 401,
      headers: response.headers,
      body: 'no\n',
      isBase64Encoded: false,
    });
  });

  it('goes back through a load balancer in the form of headers that the request had', () => {
    const common = {
      statusCode: 401,
      statusDescription: '401 Unauthorized',
      body: 'no\n',
      isBase64Encoded: false,
    };
    expect(resultOfResponse(requestOfEvent(albEvent(sent, true, true)), response)).toEqual({
      ...common,
      multiValueHeaders: { 'www-authenticate': ['Digest realm="a", qop="auth"'] },
    });
    expect(resultOfResponse(requestOfEvent(albEvent(sent, true, false)), response)).toEqual({
      ...common,
      headers: response.headers,
    });
  });
});
