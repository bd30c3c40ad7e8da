import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DigestError, formatAuthorization, parseAuthorization } from '../../lib/http-digest/index.ts';
import vectors from '../vectors/http-digest.json' with { type: 'json' };
import { authorizations, headerLike } from './arbitrary.ts';

const PARAMS = {
  username: '"I1U8vpY3qJ0hiuZNrke/NQ==@bsf.home1.net"',
  realm: '"3GPP-bootstrapping@bmsc.home1.net"',
  nonce: '"n"',
  uri: '"/keymanagement?requesttype=msk-request"',
  response: '"a00edfdaf3ffab8f091e269619678d44"',
  algorithm: 'MD5',
  cnonce: '"c"',
  qop: 'auth-int',
  nc: '0000000a',
};
const VALUE = {
  username: 'I1U8vpY3qJ0hiuZNrke/NQ==@bsf.home1.net',
  realm: '3GPP-bootstrapping@bmsc.home1.net',
  nonce: 'n',
  uri: '/keymanagement?requesttype=msk-request',
  response: 'a00edfdaf3ffab8f091e269619678d44',
  algorithm: 'MD5',
  cnonce: 'c',
  qop: 'auth-int',
  nc: 10,
};

describe('an Authorization header', () => {
  test('is written with the quotes of RFC 7616', () => {
    expect(formatAuthorization(parseAuthorization(headerOf(PARAMS)))).toBe(headerOf(PARAMS));
  });

  // @clause RFC 9110 §11.2 s1
  test('may have its parameters in any order and names in any case', () => {
    const entries = Object.entries(PARAMS).map(([name, value]) => [name.toUpperCase(), value] as const);
    expect(parseAuthorization(headerOf(Object.fromEntries(entries.reverse())))).toEqual(VALUE);
    expect(parseAuthorization(headerOf(PARAMS).replace('Digest', 'dIGEST'))).toEqual(VALUE);
  });

  test('may have quotes round qop, nc and algorithm', () => {
    const quotes = { algorithm: '"MD5"', qop: '"auth-int"', nc: '"0000000A"' };
    expect(parseAuthorization(headerOf({ ...PARAMS, ...quotes }))).toEqual(VALUE);
  });

  // @clause RFC 2617 §3.2.1 s2
  test('means MD5 without an algorithm', () => {
    const { algorithm: _, ...others } = PARAMS;
    expect(parseAuthorization(headerOf(others))).toEqual(VALUE);
  });

  test('may have parameters that are not known, and userhash=false', () => {
    const others = { ...PARAMS, userhash: 'false', 'auth-param': '"x"' };
    expect(parseAuthorization(headerOf(others))).toEqual(VALUE);
  });

  test('keeps the uri as it was sent', () => {
    const uri = '/a%2Fb?x=%3d&y=&x=+';
    expect(parseAuthorization(headerOf({ ...PARAMS, uri: `"${uri}"` })).uri).toBe(uri);
  });

  test.each(['username', 'realm', 'nonce', 'uri', 'response', 'cnonce', 'nc'])(
    'is refused without %s',
    (name) => {
      const others = Object.fromEntries(Object.entries(PARAMS).filter(([each]) => each !== name));
      expect(() => parseAuthorization(headerOf(others))).toThrow(refusal('missing-parameter'));
    },
  );

  // @clause RFC 7616 §3.4 s3
  test('is refused without qop', () => {
    const { qop: _, ...others } = PARAMS;
    expect(() => parseAuthorization(headerOf(others))).toThrow(refusal('qop-missing'));
  });

  test.each([
    ['an algorithm not done here', { algorithm: 'SHA-512-256' }, 'unsupported-algorithm'],
    ['MD5-sess', { algorithm: 'MD5-sess' }, 'unsupported-algorithm'],
    ['SHA-256-sess', { algorithm: 'SHA-256-sess' }, 'unsupported-algorithm'],
    ['an encoded username', { 'username*': "UTF-8''J%C3%A4s" }, 'unsupported-parameter'],
    ['a hashed username', { userhash: 'TRUE' }, 'unsupported-parameter'],
    ['an unknown qop', { qop: 'auth-conf' }, 'bad-parameter'],
    ['two qops', { qop: '"auth,auth-int"' }, 'bad-parameter'],
    ['nc of 0', { nc: '00000000' }, 'bad-parameter'],
    ['nc of 7 digits', { nc: '0000001' }, 'bad-parameter'],
    ['nc of 9 digits', { nc: '000000001' }, 'bad-parameter'],
    ['nc that is no number', { nc: '0000000g' }, 'bad-parameter'],
    ['a response in upper case', { response: `"${VALUE.response.toUpperCase()}"` }, 'bad-parameter'],
    ['a response that is too short', { response: `"${VALUE.response.slice(1)}"` }, 'bad-parameter'],
    ['a response of the other algorithm', { algorithm: 'SHA-256' }, 'bad-parameter'],
    ['an empty response', { response: '""' }, 'bad-parameter'],
  ])('is refused with %s', (_what, change, code) => {
    expect(() => parseAuthorization(headerOf({ ...PARAMS, ...change }))).toThrow(refusal(code));
  });

  test.each(vectors.published)('$name: every prefix is refused', ({ header }) => {
    // The opaque parameter at the end is optional, so the header is whole before it too.
    const whole = header.slice(0, header.lastIndexOf(', opaque'));
    expect(() => parseAuthorization(whole)).not.toThrow();
    for (let length = 0; length < whole.length; length++) {
      expect(() => parseAuthorization(whole.slice(0, length)), whole.slice(0, length)).toThrow(DigestError);
    }
  });

  test('comes back as it was, whatever its values', () => {
    fc.assert(
      fc.property(authorizations, (authorization) => {
        expect(parseAuthorization(formatAuthorization(authorization))).toEqual(authorization);
      }),
    );
  });

  test('gives a value that can be written again, or a DigestError, whatever the text', () => {
    fc.assert(
      fc.property(headerLike, fc.nat({ max: 300 }), (junk, at) => {
        const header = headerOf(PARAMS);
        for (const text of [junk, `Digest ${junk}`, header.slice(0, at) + junk + header.slice(at)]) {
          try {
            const value = parseAuthorization(text);
            expect(parseAuthorization(formatAuthorization(value))).toEqual(value);
          } catch (error) {
            expect(error).toBeInstanceOf(DigestError);
          }
        }
      }),
      { numRuns: 1000 },
    );
  });
});

function headerOf(params: Readonly<Record<string, string>>): string {
  const list = Object.entries(params).map(([name, value]) => `${name}=${value}`);
  return `Digest ${list.join(', ')}`;
}

function refusal(code: string): unknown {
  return expect.objectContaining({ name: 'DigestError', code });
}
