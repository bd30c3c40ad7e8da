import { describe, expect, test } from 'vitest';
import {
  authorize,
  type DigestAlgorithm,
  type DigestChallenge,
  type DigestInput,
  formatAuthenticationInfo,
  isAuthenticationInfoCorrect,
  isResponseCorrect,
  parseAuthenticationInfo,
  parseAuthorization,
} from '../../lib/http-digest/index.ts';
import vectors from '../vectors/http-digest.json' with { type: 'json' };

describe('published examples', () => {
  test.each(vectors.published)('$name: the response is right', ({ header, password, method, response }) => {
    const authorization = parseAuthorization(header);
    expect(authorization.response).toBe(response);
    expect(isResponseCorrect({ authorization, password, method, entityBody: octets('') })).toBe(true);
  });

  test.each(vectors.published)(
    '$name: the client computes the same',
    ({ header, password, method, response }) => {
      const { username, realm, nonce, uri, cnonce, nc, qop, algorithm, opaque } = parseAuthorization(header);
      const challenge: DigestChallenge = {
        ...{ realm, nonce, qop: ['auth'], algorithm, stale: false },
        ...(opaque === undefined ? {} : { opaque }),
      };
      const made = authorize({
        ...{ challenge, username, password, method, uri, cnonce, nc, qop },
        entityBody: octets(''),
      });
      expect(made).toEqual(parseAuthorization(header));
      expect(made.response).toBe(response);
    },
  );
});

describe('MBMS requests with auth-int', () => {
  test.each(vectors.derived)('$name: client and server agree with the derivation', (vector) => {
    const input = requestOf(vector);
    expect(input.authorization.response).toBe(vector.response);
    expect(isResponseCorrect(input)).toBe(true);
  });

  test.each(vectors.derived)('$name: rspauth of an empty and of a full answer', (vector) => {
    const { authorization, password } = requestOf(vector);
    expect(vector.answers.map(({ entityBody }) => entityBody.length > 0)).toEqual([false, true]);
    for (const { entityBody, rspauth } of vector.answers) {
      const about = { authorization, password, entityBody: octets(entityBody) };
      const info = parseAuthenticationInfo(formatAuthenticationInfo(about));
      expect(info.rspauth).toBe(rspauth);
      expect(isAuthenticationInfoCorrect({ ...about, info })).toBe(true);
    }
  });

  test.each(vectors.derived)('$name: nothing that is covered can change', (vector) => {
    const input = requestOf(vector);
    const { authorization } = input;
    const response = authorization.response.replace(/^./, (digit) => (digit === '0' ? '1' : '0'));
    const altered: DigestInput[] = [
      { ...input, password: `${input.password}x` },
      { ...input, method: 'PUT' },
      { ...input, entityBody: octets(`${vector.entityBody}\n`) },
      { ...input, entityBody: Buffer.from(vector.entityBody, 'base64') },
      { ...input, entityBody: octets('') },
      ...[
        { response },
        { response: '' },
        { response: authorization.response.slice(1) },
        { username: 'other' },
        { realm: 'other' },
        { nonce: 'other' },
        { uri: '/keymanagement?requesttype=register' },
        { uri: '/keymanagement?requesttype=msk%2Drequest' },
        { cnonce: 'other' },
        { nc: 2 },
        { qop: 'auth' as const },
        { algorithm: (authorization.algorithm === 'MD5' ? 'SHA-256' : 'MD5') as DigestAlgorithm },
      ].map((change) => ({ ...input, authorization: { ...authorization, ...change } })),
    ];
    expect(altered.filter(isResponseCorrect)).toEqual([]);
  });

  test.each(vectors.derived)('$name: a forged answer is found out', (vector) => {
    const { authorization, password } = requestOf(vector);
    const about = { authorization, password, entityBody: octets('ok') };
    const info = parseAuthenticationInfo(formatAuthenticationInfo({ ...about, nextnonce: 'next' }));
    const isCorrect = (change: object) => isAuthenticationInfoCorrect({ ...about, info, ...change });
    expect(isCorrect({})).toBe(true);
    expect(isCorrect({ entityBody: octets('no') })).toBe(false);
    expect(isCorrect({ password: 'other' })).toBe(false);
    expect(isCorrect({ info: { ...info, rspauth: authorization.response } })).toBe(false);
    expect(isCorrect({ info: { ...info, cnonce: 'other' } })).toBe(false);
    expect(isCorrect({ info: { ...info, nc: 2 } })).toBe(false);
    expect(isCorrect({ info: { ...info, qop: 'auth' } })).toBe(false);
  });
});

describe('the client', () => {
  const challenge: DigestChallenge = {
    ...{ realm: 'r', nonce: 'n', algorithm: 'MD5', stale: false, opaque: 'o' },
    qop: ['auth', 'auth-int'],
  };
  const request = {
    username: 'u',
    password: 'p',
    method: 'POST',
    uri: '/',
    entityBody: octets('b'),
    cnonce: 'c',
  };

  test('prefers auth-int, whatever the order of the offer', () => {
    expect(authorize({ ...request, challenge, nc: 1 }).qop).toBe('auth-int');
    expect(authorize({ ...request, challenge: { ...challenge, qop: ['auth'] }, nc: 1 }).qop).toBe('auth');
    expect(authorize({ ...request, challenge, nc: 1, qop: 'auth' }).qop).toBe('auth');
  });

  test('returns opaque as it came', () => {
    expect(authorize({ ...request, challenge, nc: 1 }).opaque).toBe('o');
  });

  test.each([0, -1, 1.5, 2 ** 32, Number.NaN])('refuses the nonce count %d', (nc) => {
    expect(() => authorize({ ...request, challenge, nc })).toThrow(
      expect.objectContaining({ name: 'DigestError', code: 'bad-parameter' }),
    );
  });
});

function requestOf(vector: (typeof vectors.derived)[number]): DigestInput {
  const { realm, nonce, username, password, method, uri, cnonce, nc } = vector;
  const entityBody = octets(vector.entityBody);
  const algorithm = vector.algorithm as DigestAlgorithm;
  const challenge = { realm, nonce, qop: ['auth', 'auth-int'] as const, algorithm, stale: false };
  const authorization = authorize({ challenge, username, password, method, uri, entityBody, cnonce, nc });
  return { authorization, password, method, entityBody };
}

function octets(text: string): Uint8Array {
  return Buffer.from(text, 'ascii');
}
