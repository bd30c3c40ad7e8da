import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type DigestChallenge,
  DigestError,
  formatChallenge,
  formatChallenges,
  parseChallenges,
} from '../../lib/http-digest/index.ts';
import { challenges, headerLike } from './arbitrary.ts';

const CHALLENGE: DigestChallenge = {
  realm: '3GPP-bootstrapping@bmsc.home1.net',
  nonce: 'n',
  qop: ['auth-int'],
  algorithm: 'MD5',
  stale: false,
};
const REALM_AND_NONCE = 'Digest realm="3GPP-bootstrapping@bmsc.home1.net", nonce="n"';

describe('a challenge', () => {
  // @clause RFC 7616 §3.3 s1
  test('is written with the quotes of RFC 7616', () => {
    expect(formatChallenge(CHALLENGE)).toBe(`${REALM_AND_NONCE}, qop="auth-int", algorithm=MD5`);
  });

  test('says that a nonce is stale, and what is optional', () => {
    const all: DigestChallenge = {
      ...CHALLENGE,
      ...{
        qop: ['auth', 'auth-int'],
        algorithm: 'SHA-256',
        stale: true,
        opaque: 'o',
        domain: '/keymanagement',
      },
    };
    expect(formatChallenge(all)).toBe(
      `${REALM_AND_NONCE}, qop="auth,auth-int", algorithm=SHA-256, stale=true, opaque="o", domain="/keymanagement"`,
    );
  });

  test('has one line with others', () => {
    const both = [{ ...CHALLENGE, algorithm: 'SHA-256' as const }, CHALLENGE];
    expect(formatChallenges(both)).toBe(both.map(formatChallenge).join(', '));
    expect(parseChallenges(formatChallenges(both))).toEqual(both);
  });

  test('is never written with a line break', () => {
    const realm = 'a\r\nSet-Cookie: b';
    expect(() => formatChallenge({ ...CHALLENGE, realm })).toThrow(
      expect.objectContaining({ name: 'DigestError', code: 'bad-parameter' }),
    );
  });

  test('comes back as it was, alone or among others, whatever its values', () => {
    fc.assert(
      fc.property(fc.array(challenges, { maxLength: 4 }), (list) => {
        expect(parseChallenges(formatChallenges(list))).toEqual(list);
      }),
    );
  });
});

describe('the client', () => {
  test.each([
    ['qop with spaces and in upper case', 'qop=" AUTH-INT ,auth"', { qop: ['auth-int', 'auth'] }],
    ['qop without quotes', 'qop=auth-int', {}],
    ['a qop not known beside one that is', 'qop="auth-conf,auth-int"', {}],
    ['a qop twice', 'qop="auth-int,auth-int"', {}],
    ['quotes round algorithm and stale', 'qop=auth-int, algorithm="md5", stale="TRUE"', { stale: true }],
    ['stale=false', 'qop=auth-int, stale=false', {}],
    ['an unknown value of stale', 'qop=auth-int, stale=perhaps', {}],
    ['charset and userhash', 'qop=auth-int, charset=UTF-8, userhash=true', {}],
  ])('understands %s', (_what, rest, change) => {
    expect(parseChallenges(`${REALM_AND_NONCE}, ${rest}`)).toEqual([{ ...CHALLENGE, ...change }]);
  });

  test.each([
    ['other schemes', 'Basic realm="x", Negotiate YWJj==, Bearer'],
    ['-sess algorithms', `${REALM_AND_NONCE}, qop="auth-int", algorithm=MD5-sess`],
    ['unknown algorithms', `${REALM_AND_NONCE}, qop="auth-int", algorithm=SHA-512-256`],
    ['challenges without qop', REALM_AND_NONCE],
    ['challenges without a qop that it knows', `${REALM_AND_NONCE}, qop="auth-conf,"`],
  ])('passes over %s', (_what, header) => {
    expect(parseChallenges(header)).toEqual([]);
    expect(parseChallenges(`${header}, ${formatChallenge(CHALLENGE)}`)).toEqual([CHALLENGE]);
    expect(parseChallenges(`${formatChallenge(CHALLENGE)}, ${header}`)).toEqual([CHALLENGE]);
  });

  test.each([
    ['no realm', 'Digest nonce="n", qop="auth-int"', 'missing-parameter'],
    ['no nonce', 'Digest realm="r", qop="auth-int"', 'missing-parameter'],
    ['a token68', 'Digest YWJj==', 'malformed'],
    ['a parameter twice', `${REALM_AND_NONCE}, qop="auth", qop="auth-int"`, 'duplicate-parameter'],
    ['too much', `${REALM_AND_NONCE}, a="${'x'.repeat(8192)}"`, 'too-long'],
  ])('refuses a challenge with %s', (_what, header, code) => {
    expect(() => parseChallenges(header)).toThrow(expect.objectContaining({ name: 'DigestError', code }));
  });

  test('reads challenges or throws a DigestError, whatever the text', () => {
    fc.assert(
      fc.property(headerLike, (junk) => {
        for (const text of [junk, `Digest ${junk}`, `${REALM_AND_NONCE}, qop="auth-int", ${junk}`]) {
          try {
            const read = parseChallenges(text);
            expect(parseChallenges(formatChallenges(read))).toEqual(read);
          } catch (error) {
            expect(error).toBeInstanceOf(DigestError);
          }
        }
      }),
      { numRuns: 1000 },
    );
  });
});
