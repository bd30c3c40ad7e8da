import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isDigestUriOfRequest, requestOfEvent } from '../../lib/front-door/index.ts';
import { albEvent, httpApiV2Event, restV1Event } from './events.ts';

function sent(target: string) {
  const [path = '', ...query] = target.split('?');
  return { path, query: query.join('?'), headers: [], body: new Uint8Array() };
}

/** Through each of the gateways, whether the `uri` is the target. */
function verdicts(uri: string, target: string): Record<string, boolean> {
  const events = { http: httpApiV2Event, rest: restV1Event, alb: albEvent };
  return Object.fromEntries(
    Object.entries(events).map(([name, makeEvent]) => [
      name,
      isDigestUriOfRequest(uri, requestOfEvent(makeEvent(sent(target), true))),
    ]),
  );
}

const target = '/keymanagement?requesttype=msk-request';

describe('the uri of a Digest is the target', () => {
  it.each([
    ['letter for letter', target, target],
    ['as an absolute URI', `http://bmsc.home1.net${target}`, target],
    ['as an absolute URI with port and https', `HTTPS://bmsc.home1.net:443${target}`, target],
    ['as an absolute URI without a path', 'http://bmsc.home1.net', '/'],
    ['as an absolute URI with only a query', 'http://bmsc.home1.net?a=1', '/?a=1'],
    ['with %3D for = in a value', '/a?b=c%3Dd', '/a?b=c=d'],
    ['with other hexadecimal digits', '/a?b=%3d', '/a?b=%3D'],
    ['with a letter encoded in both', '/%6bey?re%71=%6dsk', '/%6Bey?%72eq=ms%6B'],
    ['with a letter encoded', '/%6bey?re%71=%6dsk', '/key?req=msk'],
    ['with a plus sign', '/a?b=1+2', '/a?b=1+2'],
    ['with a plus sign encoded', '/a?b=1%2B2', '/a?b=1+2'],
    ['with a blank', '/a?b=1%202', '/a?b=1%202'],
    ['with an empty value', '/a?b=&c=1', '/a?b=&c=1'],
    ['with a name that has no =', '/a?b&c=1', '/a?b=&c=1'],
    ['with a repeated name', '/a?b=1&b=2', '/a?b=1&b=2'],
    ['with a repeated pair', '/a?b=1&b=1', '/a?b=1&b=1'],
    ['in another order', '/a?c=3&b=2&b=1', '/a?b=1&b=2&c=3'],
    ['with a question mark and nothing', '/a?', '/a'],
    ['with UTF-8', '/a?b=%C3%BC', '/a?b=%c3%bc'],
  ])('%s', (_, uri, of) => {
    expect(verdicts(uri, of)).toEqual({ http: true, rest: true, alb: true });
  });

  it('with a plus sign that a REST API has taken for a blank', () => {
    const event = { ...restV1Event(sent('/a'), true), multiValueQueryStringParameters: { b: ['1 2'] } };
    expect(isDigestUriOfRequest('/a?b=1+2', requestOfEvent(event))).toBe(true);
  });

  it('when the gateway has decoded the path', () => {
    expect(isDigestUriOfRequest('/a%2525', requestOfEvent(restV1Event(sent('/a%25'), true)))).toBe(true);
  });
});

describe('the uri of a Digest is not the target', () => {
  it.each([
    ['another path', '/other?requesttype=msk-request', target],
    ['another case of the path', '/KeyManagement?requesttype=msk-request', target],
    ['another requesttype', '/keymanagement?requesttype=register', target],
    ['no query', '/keymanagement', target],
    ['one parameter more', `${target}&a=1`, target],
    ['one parameter less', target, `${target}&a=1`],
    ['a pair once instead of twice', '/a?b=1', '/a?b=1&b=1'],
    ['values swapped between names', '/a?b=2&c=1', '/a?b=1&c=2'],
    ['an encoded &', '/a?b=1%26c=2', '/a?b=1&c=2'],
    ['a path encoded twice', '/%256bey', '/key'],
    ['the host in the path', '/bmsc.home1.net/keymanagement?requesttype=msk-request', target],
    ['a fragment', `${target}#a`, target],
    ['another scheme', `ftp://bmsc.home1.net${target}`, target],
    ['a fragment that the target has, too', '/a#b', '/a#b'],
    ['a relative reference', 'keymanagement?requesttype=msk-request', target],
    ['an asterisk', '*', '/'],
    ['no authority', 'http:///keymanagement', '/keymanagement'],
    ['nothing', '', '/'],
  ])('with %s', (_, uri, of) => {
    expect(verdicts(uri, of)).toEqual({ http: false, rest: false, alb: false });
  });

  it('when a blank stands for a plus sign, where the octets are known', () => {
    expect(verdicts('/a?b=1%202', '/a?b=1+2')).toEqual({ http: false, rest: true, alb: false });
  });

  it('when a load balancer without lists of values has dropped a repeated name', () => {
    const request = requestOfEvent(albEvent(sent('/a?b=1&b=2'), true, false));
    expect(isDigestUriOfRequest('/a?b=1&b=2', request)).toBe(false);
  });
});

describe('a stage', () => {
  const http = requestOfEvent(httpApiV2Event(sent(target), true, 'prod'));
  const rest = requestOfEvent(restV1Event(sent(target), true, 'prod'));

  it('is in the path of an HTTP API and beside that of a REST API', () => {
    expect(http.path).toBe('/prod/keymanagement');
    expect(rest.path).toBe('/keymanagement');
  });

  it.each([target, `/prod${target}`, `https://id.execute-api.eu-central-1.amazonaws.com/prod${target}`])(
    'may stand in the uri or not: %s',
    (uri) => {
      expect(isDigestUriOfRequest(uri, http)).toBe(true);
      expect(isDigestUriOfRequest(uri, rest)).toBe(true);
    },
  );

  it.each([`/dev${target}`, `/prod/prod${target}`, `prod${target}`])('is not another: %s', (uri) => {
    expect(isDigestUriOfRequest(uri, http)).toBe(false);
    expect(isDigestUriOfRequest(uri, rest)).toBe(false);
  });
});

describe('any uri', () => {
  const targets = fc
    .webUrl({ withQueryParameters: true })
    .map((url) => url.replace(/^https?:\/\/[^/?]+\/?/, '/'));

  it('of the request itself is its target', () => {
    fc.assert(
      fc.property(targets, (uri) =>
        isDigestUriOfRequest(uri, requestOfEvent(httpApiV2Event(sent(uri), true))),
      ),
    );
  });

  it('gives an answer, and for what begins with no slash and no scheme the answer is no', () => {
    const request = requestOfEvent(httpApiV2Event(sent(target), true));
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (garbage) => {
        expect(isDigestUriOfRequest(`/${garbage}`, request)).toBe(garbage === target.slice(1));
        expect(isDigestUriOfRequest(`-${garbage}`, request)).toBe(false);
      }),
    );
  });
});
