import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type AkaAuthorization,
  authorizeAka,
  DigestError,
  formatAkaAuthorization,
  formatAkaChallenge,
  formatAkaIdentity,
  formatAkaNonce,
  formatAuthenticationInfo,
  isAuthenticationInfoCorrect,
  isResponseCorrect,
  parseAkaAuthorization,
  parseAkaChallenge,
  parseAkaNonce,
  parseAuthenticationInfo,
} from '../../lib/http-digest/index.ts';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import { authorizations, headerLike, quotable } from './arbitrary.ts';

const octets = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'));
const refusal = (code: string) => expect.objectContaining({ name: 'DigestError', code });

/** From the trace of a public client of GBA. */
const TRACE = {
  nonce: 'fve4iTWb1rTb297CzVSrpwx1bsNP9gAAiCivEWFj/Po=',
  rand: '7ef7b889359bd6b4dbdbdec2cd54aba7',
  autn: '0c756ec34ff600008828af116163fcfa',
  res: '4237c8c339014f60',
};
const REALM = 'bsf.home1.net';
const USERNAME = '001010123456789@ims.mnc001.mcc001.3gppnetwork.org';
const CHALLENGE_HEADER = `Digest realm="${REALM}", nonce="${TRACE.nonce}", qop="auth-int", algorithm=AKAv1-MD5`;
const res = new SecretKey(octets(TRACE.res));

function challenge() {
  const parsed = parseAkaChallenge(CHALLENGE_HEADER);
  if (parsed === undefined) throw new Error('no challenge');
  return parsed;
}

const request = {
  username: USERNAME,
  method: 'GET',
  uri: '/',
  entityBody: new Uint8Array(),
  cnonce: '468f5b9d04a32d38',
  nc: 1,
};
const authorization = () =>
  authorizeAka({ challenge: challenge(), answer: { kind: 'res', res }, ...request });

const md5 = (...parts: (string | Uint8Array)[]) => {
  const hash = createHash('md5');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
};
/** The response, written out by RFC 2617 §3.2.2 with the octets of a password. */
function expectedResponse(password: Uint8Array, method: string, entityBody: Uint8Array): string {
  const a1 = md5(`${USERNAME}:${REALM}:`, password);
  const a2 = md5(`${method}:/:${md5(entityBody)}`);
  return md5(`${a1}:${TRACE.nonce}:00000001:468f5b9d04a32d38:auth-int:${a2}`);
}

describe('the nonce of Digest AKA', () => {
  test('holds RAND and AUTN, as in a trace', () => {
    const { rand, autn, serverData } = parseAkaNonce(TRACE.nonce);
    expect([rand, autn, serverData]).toEqual([octets(TRACE.rand), octets(TRACE.autn), octets('')]);
    expect(formatAkaNonce({ rand, autn, serverData })).toBe(TRACE.nonce);
  });

  // @clause RFC 3310 §3.2 s1
  test('may hold data of the server behind them', () => {
    const block = fc.uint8Array({ minLength: 16, maxLength: 16 });
    const nonces = fc.record({ rand: block, autn: block, serverData: fc.uint8Array({ maxLength: 64 }) });
    fc.assert(
      fc.property(nonces, (nonce) => {
        expect(parseAkaNonce(formatAkaNonce(nonce))).toEqual(nonce);
      }),
    );
  });

  test.each([
    ['that is empty', ''],
    ['of 31 octets', Buffer.alloc(31).toString('base64')],
    ['with a character that is none of Base64', `!${TRACE.nonce.slice(1)}`],
    ['in Base64url', TRACE.nonce.replace('/', '_')],
    ['without padding', TRACE.nonce.slice(0, -1)],
  ])('is refused %s', (_what, nonce) => {
    expect(() => parseAkaNonce(nonce)).toThrow(refusal('bad-parameter'));
  });
});

describe('a challenge of Digest AKA', () => {
  test('is written and read', () => {
    const { nonce: _, ...others } = challenge();
    expect(formatAkaChallenge(others)).toBe(CHALLENGE_HEADER);
    const stale = { ...others, stale: true, opaque: 'o"' };
    expect(parseAkaChallenge(formatAkaChallenge(stale))).toEqual({ ...stale, nonce: TRACE.nonce });
  });

  test('is found beside others', () => {
    const header = `Basic realm="x", Digest realm="x", nonce="n", qop="auth", ${CHALLENGE_HEADER}`;
    expect(parseAkaChallenge(header)).toEqual(challenge());
    expect(parseAkaChallenge('Digest realm="x", nonce="n", qop="auth", algorithm=MD5')).toBeUndefined();
  });
});

describe('credentials of Digest AKA', () => {
  // @clause RFC 3310 §3.3 s1
  test('have RES as octets for their password', () => {
    expect(authorization().response).toBe(expectedResponse(octets(TRACE.res), 'GET', new Uint8Array()));
    const input = { authorization: authorization(), method: 'GET', entityBody: new Uint8Array() };
    expect(isResponseCorrect({ ...input, password: res })).toBe(true);
    expect(isResponseCorrect({ ...input, password: TRACE.res })).toBe(false);
    expect(isResponseCorrect({ ...input, password: new SecretKey(octets('4237c8c339014f61')) })).toBe(false);
  });

  // @clause RFC 3310 §3.4 s2
  test('have an empty password when they have auts', () => {
    const auts = octets('000102030405060708090a0b0c0d');
    const credentials = authorizeAka({
      challenge: challenge(),
      answer: { kind: 'auts', auts },
      ...request,
    });
    expect(credentials.response).toBe(expectedResponse(new Uint8Array(), 'GET', new Uint8Array()));
    const header = formatAkaAuthorization(credentials);
    expect(header).toContain('algorithm=AKAv1-MD5');
    expect(header).toContain('auts="AAECAwQFBgcICQoLDA0="');
    expect(parseAkaAuthorization(header)).toEqual({ kind: 'authorization', authorization: credentials });
  });

  test('come back as they were, whatever they hold', () => {
    const auts = fc.option(fc.uint8Array({ minLength: 14, maxLength: 14 }), { nil: undefined });
    const usernames = quotable.filter((each) => each !== '');
    fc.assert(
      fc.property(authorizations, usernames, usernames, auts, (any, username, nonce, auts) => {
        const md5 = { ...any, username, nonce, algorithm: 'MD5' as const, response: any.response.slice(-32) };
        const credentials: AkaAuthorization = auts === undefined ? md5 : { ...md5, auts };
        expect(parseAkaAuthorization(formatAkaAuthorization(credentials))).toEqual({
          kind: 'authorization',
          authorization: credentials,
        });
      }),
    );
  });

  // @clause TS 24.109 annex A.3 s1
  test('name the user only, in the first request', () => {
    const header = formatAkaIdentity({ username: USERNAME, realm: REALM, uri: '/' });
    expect(header).toBe(`Digest username="${USERNAME}", realm="${REALM}", nonce="", uri="/", response=""`);
    expect(parseAkaAuthorization(header)).toEqual({ kind: 'identity', username: USERNAME });
  });

  test.each([
    ['without a username', 'Digest realm="x"', 'missing-parameter'],
    ['with an empty username', 'Digest username="", nonce=""', 'missing-parameter'],
    ['with MD5', 'Digest username="u", nonce="n", algorithm=MD5', 'unsupported-algorithm'],
    ['without an algorithm', 'Digest username="u", nonce="n"', 'unsupported-algorithm'],
  ])('are refused %s', (_what, header, code) => {
    expect(() => parseAkaAuthorization(header)).toThrow(refusal(code));
  });

  test('are refused with auts of 13 octets', () => {
    const header = `${formatAkaAuthorization(authorization())}, auts="${Buffer.alloc(13).toString('base64')}"`;
    expect(() => parseAkaAuthorization(header)).toThrow(refusal('bad-parameter'));
  });

  test('any text is read or gives a DigestError', () => {
    fc.assert(
      fc.property(fc.constantFrom(parseAkaAuthorization, parseAkaChallenge), headerLike, (parse, text) => {
        try {
          parse(text);
        } catch (error) {
          expect(error).toBeInstanceOf(DigestError);
        }
      }),
    );
  });
});

// @clause RFC 3310 §3.5 s1
test('rspauth proves that the server knows RES', () => {
  const entityBody = Buffer.from('<BootstrappingInfo/>');
  const input = { authorization: authorization(), entityBody };
  const info = parseAuthenticationInfo(formatAuthenticationInfo({ ...input, password: res }));
  expect(info.rspauth).toBe(expectedResponse(octets(TRACE.res), '', entityBody));
  expect(isAuthenticationInfoCorrect({ ...input, password: res, info })).toBe(true);
  expect(isAuthenticationInfoCorrect({ ...input, password: new SecretKey(octets('00')), info })).toBe(false);
});
