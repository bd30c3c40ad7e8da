import { ClientDigestAuth } from '@mreal/digest-auth';
import { describe, expect, test } from 'vitest';
import {
  authorize,
  checkNonce,
  createNonce,
  formatChallenge,
  isResponseCorrect,
  parseAuthorization,
} from '../../lib/http-digest/index.ts';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import vectors from '../vectors/http-digest.json' with { type: 'json' };

const [vector] = vectors.derived.filter(({ algorithm }) => algorithm === 'MD5');
if (vector === undefined) throw new Error('there is no vector for MD5');
const { username, password, realm, method, uri, entityBody: body } = vector;
const entityBody = Buffer.from(body);

const secret = new SecretKey(new Uint8Array(32).fill(1));
const now = 1_700_000_000_000;
const nonce = createNonce({ secret, now, random: new Uint8Array(16).fill(2) });
const challenge = {
  ...{ realm, nonce, qop: ['auth-int'] as const, algorithm: 'MD5' as const, stale: false, opaque: 'o' },
};

describe('the client @mreal/digest-auth', () => {
  const read = ClientDigestAuth.analyze(formatChallenge(challenge));
  const payload = { method, uri, counter: 26, entryBody: body };

  test('is accepted with auth-int and MD5', () => {
    const { raw } = ClientDigestAuth.generateProtectionAuthInt(read, username, password, payload);
    const authorization = parseAuthorization(raw);
    expect(authorization).toMatchObject({
      username,
      realm,
      uri,
      algorithm: 'MD5',
      qop: 'auth-int',
      nc: 26,
      opaque: 'o',
    });
    expect(checkNonce(authorization.nonce, { secret, now, lifetimeMs: 1 }).kind).toBe('fresh');
    expect(isResponseCorrect({ authorization, password, method, entityBody })).toBe(true);
  });

  test('is refused when body or password is another', () => {
    const { raw } = ClientDigestAuth.generateProtectionAuthInt(read, username, password, payload);
    const authorization = parseAuthorization(raw);
    expect(isResponseCorrect({ authorization, password, method, entityBody: Buffer.from('x') })).toBe(false);
    expect(isResponseCorrect({ authorization, password: 'x', method, entityBody })).toBe(false);
  });

  // @clause RFC 7616 §3.4.1 s1
  test('computes what our client computes', () => {
    const { raw } = ClientDigestAuth.generateProtectionAuthInt(read, username, password, payload);
    const theirs = parseAuthorization(raw);
    const { cnonce, nc } = theirs;
    expect(authorize({ challenge, username, password, method, uri, entityBody, cnonce, nc })).toEqual(theirs);
  });

  test('is accepted with auth, and then without regard to the body', () => {
    const { raw } = ClientDigestAuth.generateProtectionAuth(read, username, password, {
      method,
      uri,
      counter: 1,
    });
    const authorization = parseAuthorization(raw);
    expect(authorization.qop).toBe('auth');
    expect(isResponseCorrect({ authorization, password, method, entityBody: Buffer.from('x') })).toBe(true);
  });

  test('is refused without qop', () => {
    const { raw } = ClientDigestAuth.generateUnprotected(read, username, password, { method, uri });
    expect(() => parseAuthorization(`${raw}, uri="${uri}", cnonce="c", nc=00000001`)).toThrow(
      expect.objectContaining({ code: 'qop-missing' }),
    );
  });
});
