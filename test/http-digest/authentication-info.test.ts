import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  DigestError,
  formatAuthenticationInfo,
  isAuthenticationInfoCorrect,
  parseAuthenticationInfo,
} from '../../lib/http-digest/index.ts';
import vectors from '../vectors/http-digest.json' with { type: 'json' };
import { authorizations, headerLike, quotable } from './arbitrary.ts';

const RSPAUTH = 'af97048a0355cbcb4f6533f4ecef3e88';
const HEADER = `qop=auth-int, rspauth="${RSPAUTH}", cnonce="c", nc=00000001`;
const VALUE = { rspauth: RSPAUTH, qop: 'auth-int', cnonce: 'c', nc: 1 };

describe('an Authentication-Info header', () => {
  test.each(vectors.derived)('$name: is written with the quotes of RFC 7616', (vector) => {
    const [answer] = vector.answers;
    const { username, realm, nonce, uri, cnonce, nc, response } = vector;
    const header = formatAuthenticationInfo({
      authorization: {
        ...{ username, realm, nonce, uri, cnonce, nc, response, qop: 'auth-int' },
        algorithm: vector.algorithm === 'MD5' ? 'MD5' : 'SHA-256',
      },
      password: vector.password,
      entityBody: new Uint8Array(),
      nextnonce: 'next',
    });
    expect(header).toBe(
      `qop=auth-int, rspauth="${answer?.rspauth}", cnonce="${cnonce}", nc=00000001, nextnonce="next"`,
    );
  });

  test('may have any order, case and quotes', () => {
    expect(parseAuthenticationInfo(HEADER)).toEqual(VALUE);
    const other = `NC="00000001",CNONCE=c , nextnonce="",rspauth=${RSPAUTH},Qop="auth-int",new=1`;
    expect(parseAuthenticationInfo(other)).toEqual({ ...VALUE, nextnonce: '' });
  });

  test.each([
    ['without qop', HEADER.replace('qop=auth-int, ', ''), 'qop-missing'],
    ['without rspauth', HEADER.replace('rspauth', 'x'), 'missing-parameter'],
    ['without cnonce', HEADER.replace('cnonce', 'x'), 'missing-parameter'],
    ['without nc', HEADER.replace('nc=0', 'x=0'), 'missing-parameter'],
    ['with nextnonce alone', 'nextnonce="n"', 'missing-parameter'],
    ['with a scheme', `Digest ${HEADER}`, 'malformed'],
    ['with nc of 0', HEADER.replace('00000001', '00000000'), 'bad-parameter'],
    ['with a qop that is not known', HEADER.replace('auth-int', 'auth-conf'), 'bad-parameter'],
    ['with rspauth twice', `${HEADER}, rspauth="x"`, 'duplicate-parameter'],
    ['with nothing', '', 'missing-parameter'],
  ])('is refused %s', (_what, header, code) => {
    expect(() => parseAuthenticationInfo(header)).toThrow(
      expect.objectContaining({ name: 'DigestError', code }),
    );
  });

  test('is refused when it is cut short', () => {
    for (let length = 0; length < HEADER.length; length++) {
      expect(() => parseAuthenticationInfo(HEADER.slice(0, length)), HEADER.slice(0, length)).toThrow(
        DigestError,
      );
    }
  });

  // @clause RFC 7616 §3.5 s1
  test('is accepted by the client of the request and for its own body only', () => {
    fc.assert(
      fc.property(
        authorizations,
        quotable,
        fc.option(quotable, { nil: undefined }),
        fc.uint8Array(),
        (authorization, password, nextnonce, entityBody) => {
          const about = { authorization, password, entityBody };
          const header = formatAuthenticationInfo({
            ...about,
            ...(nextnonce === undefined ? {} : { nextnonce }),
          });
          const info = parseAuthenticationInfo(header);
          expect(info.nextnonce).toBe(nextnonce);
          expect(isAuthenticationInfoCorrect({ ...about, info })).toBe(true);
          expect(isAuthenticationInfoCorrect({ ...about, info, password: `${password}.` })).toBe(false);
          const longer = Uint8Array.of(...entityBody, 0);
          const isBound = authorization.qop === 'auth-int';
          expect(isAuthenticationInfoCorrect({ ...about, info, entityBody: longer })).toBe(!isBound);
        },
      ),
    );
  });

  test('is never correct when rspauth is any other text', () => {
    fc.assert(
      fc.property(authorizations, fc.string({ unit: 'binary' }), (authorization, rspauth) => {
        const about = { authorization, password: 'p', entityBody: new Uint8Array() };
        const info = { ...parseAuthenticationInfo(formatAuthenticationInfo(about)), rspauth };
        expect(isAuthenticationInfoCorrect({ ...about, info })).toBe(false);
      }),
    );
  });

  test('gives a value or a DigestError, whatever the text', () => {
    fc.assert(
      fc.property(headerLike, fc.nat({ max: HEADER.length }), (junk, at) => {
        for (const text of [junk, HEADER.slice(0, at) + junk + HEADER.slice(at)]) {
          try {
            expect(parseAuthenticationInfo(text)).toMatchObject({ rspauth: expect.any(String) });
          } catch (error) {
            expect(error).toBeInstanceOf(DigestError);
          }
        }
      }),
      { numRuns: 1000 },
    );
  });
});
