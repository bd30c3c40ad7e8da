import type { HttpResponse } from '../../../lib/front-door/index.ts';
import { digestResponse } from '../../../lib/http-digest/response.ts';
import { encodeRegisterRequest } from '../../../lib/key-management/payload/register.ts';
import type { Fault, Judged } from '../fault.ts';

/** Rewrites the challenge of a 401. */
function challenge(rewrite: (header: string, request: Judged) => string | undefined): Pick<Fault, 'answer'> {
  return { answer: (response, request) => withHeader(response, 'www-authenticate', rewrite, request) };
}

/** Rewrites the Authentication-Info of a 200. */
function info(rewrite: (header: string, request: Judged) => string | undefined): Pick<Fault, 'answer'> {
  return { answer: (response, request) => withHeader(response, 'authentication-info', rewrite, request) };
}

function withHeader(
  response: HttpResponse,
  name: string,
  rewrite: (header: string, request: Judged) => string | undefined,
  request: Judged,
): HttpResponse {
  const { [name]: header, ...others } = response.headers;
  if (header === undefined) return response;
  const value = rewrite(header, request);
  return { ...response, headers: value === undefined ? others : { ...others, [name]: value } };
}

/** A response to a request with an error of its own, in plain text. */
function error(status: number): HttpResponse {
  return { status, headers: { 'content-type': 'text/plain' }, body: 'no\n' };
}

const withStale = (header: string) => (header.includes('stale=') ? header : `${header}, stale=true`);

/** Repeats the last nonce while it is young. */
function repeatingNonces(): Pick<Fault, 'answer'> {
  let last = { nonce: '', at: 0 };
  return challenge((header, { authorization }) => {
    const [, nonce = ''] = /nonce="([^"]*)"/.exec(header) ?? [];
    if (authorization !== undefined) return header;
    if (Date.now() - last.at < 500) return header.replace(nonce, last.nonce);
    last = { nonce, at: Date.now() };
    return header;
  });
}

const CHALLENGES: readonly Fault[] = [
  {
    name: 'no credentials: 403 in place of 401',
    rule: 'challenge-status',
    answer: (response, { authorization }) =>
      response.status === 401 && authorization === undefined ? { ...response, status: 403 } : response,
  },
  { name: 'a 401 without a challenge', rule: 'challenge-header', ...challenge(() => undefined) },
  {
    name: 'the qop of the challenge without quotes',
    rule: 'challenge-quoting',
    ...challenge((header) => header.replace('qop="auth-int"', 'qop=auth-int')),
  },
  {
    name: 'the algorithm in quotes',
    rule: 'challenge-quoting',
    ...challenge((header) => header.replace('algorithm=MD5', 'algorithm="MD5"')),
  },
  {
    name: 'the realm of another NAF',
    rule: 'challenge-realm',
    ...challenge((header, { authorization }) =>
      authorization === undefined ? header.replace('@bmsc.home1.net', '@other.home1.net') : header,
    ),
  },
  {
    name: 'the challenge without auth-int',
    rule: 'challenge-auth-int',
    ...challenge((header) => header.replace('"auth-int"', '"auth"')),
  },
  {
    name: 'the first challenge is stale',
    rule: 'challenge-not-stale',
    ...challenge((header, { authorization }) => (authorization === undefined ? withStale(header) : header)),
  },
  { name: 'a nonce is given twice', rule: 'challenge-nonce-new', ...repeatingNonces() },
];

const INFOS: readonly Fault[] = [
  { name: 'no Authentication-Info', rule: 'info-present', ...info(() => undefined) },
  {
    name: 'rspauth is missing',
    rule: 'info-rspauth',
    ...info((header) => header.replace(/rspauth="[^"]*", /, '')),
  },
  {
    name: 'rspauth is wrong',
    rule: 'info-rspauth',
    ...info((header) => header.replace(/rspauth="./, 'rspauth="g')),
  },
  {
    name: 'rspauth does not cover the body',
    rule: 'info-rspauth',
    ...info((header, { authorization, password }) => {
      if (authorization === undefined) return header;
      const input = { authorization, password, entityBody: new Uint8Array(0) };
      return header.replace(/rspauth="[^"]*"/, `rspauth="${digestResponse(input, '')}"`);
    }),
  },
  {
    name: 'Authentication-Info has another cnonce',
    rule: 'info-cnonce',
    ...info((header) => header.replace(/cnonce="[^"]*"/, 'cnonce="other"')),
  },
  {
    name: 'Authentication-Info has another nonce count',
    rule: 'info-nc',
    ...info((header) => header.replace(/nc=[0-9a-f]+/, 'nc=000000ff')),
  },
  {
    name: 'Authentication-Info has another qop',
    rule: 'info-qop',
    ...info((header) => header.replace('qop=auth-int', 'qop=auth')),
  },
  {
    name: 'nextnonce is not taken',
    rule: 'info-nextnonce',
    ...info((header) => `${header}, nextnonce="bm9uZQ"`),
  },
];

const isSound = (request: Judged) =>
  request.isKnown &&
  !request.isExpired &&
  request.isRealmOwn &&
  request.isUriOwn &&
  request.nonce === 'fresh' &&
  !request.isCountUsed &&
  request.authorization?.qop === 'auth-int';

const AUTHENTICATIONS: readonly Fault[] = [
  {
    name: 'right credentials are refused',
    rule: 'auth-accepted',
    denies: ({ authorization }) => (authorization === undefined ? undefined : error(403)),
  },
  {
    name: 'nonce count 2 is refused',
    rule: 'auth-unchallenged',
    denies: ({ authorization, isCountUsed }) =>
      (authorization?.nc ?? 0) > 1 && !isCountUsed ? 'challenge' : undefined,
  },
  {
    name: 'the scheme is compared by case',
    rule: 'auth-scheme-case',
    denies: ({ headers }) => (headers.authorization?.startsWith('digest ') ? 'challenge' : undefined),
  },
  {
    name: 'parameters are taken in one order alone',
    rule: 'auth-parameter-order',
    denies: ({ headers }) =>
      /^Digest (?!username)(?!USERNAME)/.test(headers.authorization ?? '') ? 'challenge' : undefined,
  },
  {
    name: 'the names of parameters are compared by case',
    rule: 'auth-parameter-case',
    denies: ({ headers }) => (headers.authorization?.includes('USERNAME') ? 'challenge' : undefined),
  },
  {
    name: 'a quoted character is taken for two',
    rule: 'auth-quoted-pair',
    denies: ({ headers }) => (headers.authorization?.includes('\\') ? 'challenge' : undefined),
  },
  {
    name: 'a nonce count of one digit is taken',
    rule: 'auth-nc-form',
    forgives: ({ headers }) => /\bnc=\d\b/.test(headers.authorization ?? ''),
  },
  {
    name: 'credentials without a cnonce are taken',
    rule: 'auth-cnonce',
    forgives: ({ headers }) =>
      headers.authorization !== undefined && !headers.authorization.includes('cnonce='),
  },
  {
    name: 'an algorithm that was not offered is taken',
    rule: 'auth-algorithm',
    forgives: ({ authorization }) => authorization?.algorithm === 'SHA-256',
  },
  {
    name: 'the last digit of a response is not compared',
    rule: 'auth-wrong-response',
    forgives: (request) => isSound(request) && !request.isResponseRight && request.isResponseNear,
  },
  {
    name: 'a wrong response gets a 401 without a challenge',
    rule: 'auth-wrong-response',
    ...challenge((header, request) =>
      request.authorization !== undefined && request.isResponseNear && !request.isResponseRight
        ? undefined
        : header,
    ),
  },
  {
    name: 'a wrong response is called stale',
    rule: 'auth-wrong-response-not-stale',
    ...challenge((header, request) =>
      isSound(request) && !request.isResponseRight ? withStale(header) : header,
    ),
  },
  {
    name: 'an unknown B-TID is taken',
    rule: 'auth-unknown-b-tid',
    forgives: (request) => request.authorization !== undefined && !request.isKnown,
  },
  {
    name: 'an unknown B-TID is called stale',
    rule: 'auth-unknown-b-tid-not-stale',
    ...challenge((header, { authorization, isKnown }) =>
      authorization !== undefined && !isKnown ? withStale(header) : header,
    ),
  },
  {
    name: 'an unknown B-TID gets the realm of another NAF',
    rule: 'auth-unknown-b-tid-realm',
    ...challenge((header, { authorization, isKnown }) =>
      authorization !== undefined && !isKnown ? header.replace(/realm="[^"]*"/, 'realm="members"') : header,
    ),
  },
  {
    name: 'credentials for another realm are taken',
    rule: 'auth-realm',
    forgives: (request) => request.isKnown && !request.isRealmOwn && request.authorization !== undefined,
  },
  {
    name: 'credentials without a nonce are taken',
    rule: 'auth-malformed',
    forgives: ({ headers }) =>
      headers.authorization !== undefined && !headers.authorization.includes(' nonce='),
  },
  {
    name: 'the body is not covered',
    rule: 'auth-body',
    forgives: (request) =>
      isSound(request) &&
      request.session === undefined &&
      !request.isResponseRight &&
      !request.isResponseNear,
  },
  { name: 'auth is taken in place of auth-int', rule: 'auth-qop', settings: { qop: ['auth-int', 'auth'] } },
  {
    name: 'the uri is not compared with the Request-URI',
    rule: 'auth-uri',
    forgives: (request) => request.authorization !== undefined && !request.isUriOwn,
  },
  {
    name: 'a nonce count is taken twice',
    rule: 'auth-replay',
    forgives: (request) => request.isCountUsed && request.isResponseRight,
  },
  {
    name: 'a foreign nonce is taken',
    rule: 'auth-foreign-nonce',
    forgives: (request) => request.authorization !== undefined && request.nonce === 'foreign',
  },
  {
    name: 'an old nonce is taken',
    rule: 'auth-old-nonce',
    forgives: (request) => request.nonce === 'old' && request.isResponseRight,
  },
  {
    name: 'an old nonce is not called stale',
    rule: 'auth-old-nonce-stale',
    ...challenge((header, request) =>
      request.nonce === 'old' ? header.replace(', stale=true', '') : header,
    ),
  },
];

const REGISTRATION = {
  method: 'POST',
  body: encodeRegisterRequest(['urn:bmsc:conformance:no-such-service']),
};

const FORMS: readonly Fault[] = [
  {
    name: 'more URI parameters are refused',
    rule: 'form-parameters',
    denies: ({ target }) => (target.includes('x-more') ? error(400) : undefined),
  },
  {
    name: 'more headers are refused',
    rule: 'form-headers',
    denies: ({ headers }) => (headers['x-more'] === undefined ? undefined : error(400)),
  },
  {
    name: 'a parameter of the media type is refused',
    rule: 'form-media-type-parameter',
    denies: ({ headers }) => (headers['content-type']?.includes(';') ? error(415) : undefined),
  },
  {
    name: 'the requesttype is guessed from the payload',
    rule: 'form-requesttype',
    forgives: ({ requestType, target }) =>
      requestType === 'x-none' && { target: target.replace('x-none', 'register') },
  },
  {
    name: 'GET is taken',
    rule: 'form-method',
    forgives: ({ method, authorization }) => method === 'GET' && authorization !== undefined && REGISTRATION,
  },
  {
    name: 'the media type is not looked at',
    rule: 'form-media-type',
    forgives: ({ headers }) =>
      headers['content-type'] === 'text/plain' && {
        headers: { ...headers, 'content-type': 'application/mbms-register+xml' },
      },
  },
  {
    name: 'no Base64: 500',
    rule: 'form-base64',
    answer: (response, { body }) => (response.status === 400 && body === '%%%%' ? error(500) : response),
  },
  {
    name: 'no Base64 is taken',
    rule: 'form-base64',
    forgives: ({ body, authorization }) => body === '%%%%' && authorization !== undefined && REGISTRATION,
  },
  {
    name: 'no well-formed XML is taken',
    rule: 'form-xml',
    forgives: ({ xml, authorization }) => xml === '<open>' && authorization !== undefined && REGISTRATION,
  },
  {
    name: 'an empty payload is taken',
    rule: 'form-empty',
    forgives: ({ body, method, authorization }) =>
      body === '' && method === 'POST' && authorization !== undefined && REGISTRATION,
  },
];

/** Faults in what a BM-SC says over HTTP about authentication and form. */
export const HTTP_FAULTS: readonly Fault[] = [...CHALLENGES, ...AUTHENTICATIONS, ...INFOS, ...FORMS];
