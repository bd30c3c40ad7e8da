import { beforeEach, describe, expect, test } from 'vitest';
import { parseBtid } from '../../lib/gba/btid.ts';
import { digestPasswordOf } from '../../lib/gba/mbms-keys.ts';
import {
  type DigestAuthorization,
  formatAuthenticationInfo,
  formatChallenges,
  isResponseCorrect,
  parseAuthorization,
} from '../../lib/http-digest/index.ts';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import { DigestClient } from '../../lib/ue/digest-client.ts';
import type { HttpAnswer, HttpPost } from '../../lib/ue/http-post.ts';

const REALM = '3GPP-bootstrapping@bmsc.home1.net';
const ASSOCIATION = {
  btid: parseBtid('I1U8vpY3qJ0hiuZNrke/NQ==@bsf.home1.net'),
  nafFqdn: 'bmsc.home1.net',
  muk: new SecretKey(Buffer.alloc(32, 1)),
  mrk: new SecretKey(Buffer.alloc(32, 2)),
};
const PASSWORD = digestPasswordOf(ASSOCIATION.mrk);
const URL_ = new URL('http://bmsc.home1.net/keymanagement?requesttype=register');

let seen: (DigestAuthorization | undefined)[];
beforeEach(() => {
  seen = [];
});

const challenge = (
  nonce: string,
  more: { stale?: boolean; realm?: string; qop?: ('auth' | 'auth-int')[] } = {},
) => ({
  realm: REALM,
  nonce,
  qop: ['auth-int' as const],
  algorithm: 'MD5' as const,
  stale: false,
  ...more,
});
const unauthorized = (...challenges: ReturnType<typeof challenge>[]): HttpAnswer => ({
  status: 401,
  headers: { 'www-authenticate': formatChallenges(challenges) },
  body: new Uint8Array(),
});
const ok = (
  authorization: DigestAuthorization,
  info: { nextnonce?: string; password?: string } = {},
): HttpAnswer => {
  const { password = PASSWORD, ...next } = info;
  const header = formatAuthenticationInfo({
    authorization,
    password,
    entityBody: Buffer.from('hi'),
    ...next,
  });
  return { status: 200, headers: { 'authentication-info': header }, body: Buffer.from('hi') };
};

/** A BM-SC that checks each request and gives the answers of a script. */
function client(...answers: ((authorization: DigestAuthorization | undefined) => HttpAnswer)[]) {
  const post: HttpPost = async (_url, headers, body) => {
    const header = headers.authorization;
    const authorization = header === undefined ? undefined : parseAuthorization(header);
    if (authorization !== undefined) {
      const entityBody = Buffer.from(body);
      expect(isResponseCorrect({ authorization, password: PASSWORD, method: 'POST', entityBody })).toBe(true);
    }
    seen.push(authorization);
    const answer = answers[seen.length - 1];
    if (answer === undefined) throw new Error('one request too many');
    return answer(authorization);
  };
  return new DigestClient(ASSOCIATION, post, (length) => Buffer.alloc(length, 3));
}

const given = (authorization: DigestAuthorization | undefined): DigestAuthorization => {
  if (authorization === undefined) throw new Error('no credentials came');
  return authorization;
};
const send = (of: ReturnType<typeof client>) => of.post(URL_, 'application/mbms-register+xml', 'body');

describe('the Digest client of a UE', () => {
  // @clause TS 24.109 annex B.3 s2
  test('answers a challenge, and counts on under the nonce afterwards', async () => {
    const ue = client(
      () => unauthorized(challenge('n1')),
      (authorization) => ok(given(authorization)),
      (authorization) => ok(given(authorization)),
    );
    await send(ue);
    await send(ue);
    expect(seen.map((each) => each && [each.nonce, each.nc, each.qop, each.username])).toEqual([
      undefined,
      ['n1', 1, 'auth-int', ASSOCIATION.btid],
      ['n1', 2, 'auth-int', ASSOCIATION.btid],
    ]);
  });

  // @clause RFC 2617 §3.2.1 s1
  test('takes a new nonce when its own is stale', async () => {
    const ue = client(
      () => unauthorized(challenge('n1')),
      () => unauthorized(challenge('n2', { stale: true })),
      (authorization) => ok(given(authorization)),
    );
    expect((await send(ue)).status).toBe(200);
    expect(given(seen[2])).toMatchObject({ nonce: 'n2', nc: 1 });
  });

  // @clause RFC 7616 §3.5 s2
  test('continues with the nextnonce of the BM-SC', async () => {
    const ue = client(
      () => unauthorized(challenge('n1')),
      (authorization) => ok(given(authorization), { nextnonce: 'n2' }),
      (authorization) => ok(given(authorization)),
    );
    await send(ue);
    await send(ue);
    expect(given(seen[2])).toMatchObject({ nonce: 'n2', nc: 1 });
  });

  // @clause TS 24.109 §5.2.5 s3
  test('gives up when its credentials are refused: it has to bootstrap anew', async () => {
    const ue = client(
      () => unauthorized(challenge('n1')),
      () => unauthorized(challenge('n2')),
    );
    await expect(send(ue)).rejects.toMatchObject({ name: 'UeError', code: 'not-authenticated' });
    expect(seen).toHaveLength(2);
  });

  test('tries a new nonce once when an old one, good so far, is refused without being called stale', async () => {
    const ue = client(
      () => unauthorized(challenge('n1')),
      (authorization) => ok(given(authorization)),
      () => unauthorized(challenge('n2')),
      (authorization) => ok(given(authorization)),
      () => unauthorized(challenge('n3')),
      () => unauthorized(challenge('n4')),
    );
    await send(ue);
    expect((await send(ue)).status).toBe(200);
    expect(given(seen[3])).toMatchObject({ nonce: 'n2', nc: 1 });
    await expect(send(ue)).rejects.toMatchObject({ code: 'not-authenticated' });
    expect(seen).toHaveLength(6);
  });

  test('gives up when every nonce is stale', async () => {
    const ue = client(
      () => unauthorized(challenge('n1')),
      () => unauthorized(challenge('n2', { stale: true })),
      () => unauthorized(challenge('n3', { stale: true })),
    );
    await expect(send(ue)).rejects.toMatchObject({ code: 'not-authenticated' });
    expect(seen).toHaveLength(3);
  });

  test('uses each nonce count once, also for requests that run at the same time', async () => {
    let nonces = 0;
    const answer = (authorization: DigestAuthorization | undefined) => {
      if (authorization !== undefined) return ok(authorization);
      nonces += 1;
      return unauthorized(challenge(`n${nonces}`));
    };
    const ue = client(...Array.from({ length: 40 }, () => answer));
    await Promise.all(Array.from({ length: 6 }, () => send(ue)));
    await Promise.all(Array.from({ length: 6 }, () => send(ue)));
    const used = seen.filter((each) => each !== undefined).map(({ nonce, nc }) => `${nonce} ${nc}`);
    expect(used).toHaveLength(12);
    expect(new Set(used).size).toBe(12);
  });

  test('does plain auth where the BM-SC offers no more', async () => {
    const ue = client(
      () => unauthorized(challenge('n1', { qop: ['auth'] })),
      (authorization) => ok(given(authorization)),
    );
    expect((await send(ue)).status).toBe(200);
    expect(given(seen[1]).qop).toBe('auth');
  });

  test('returns an answer that is neither a 200 nor a 401', async () => {
    const ue = client(
      () => unauthorized(challenge('n1')),
      () => ({ status: 503, headers: { 'retry-after': '1' }, body: Buffer.from('try again') }),
    );
    expect(await send(ue)).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
  });

  // @clause TS 33.246 §6.3.2.2.1 s15
  // @clause TS 33.246 §G.2.3 s16
  test('refuses a 200 to a request that it has not authenticated yet: no BM-SC answers so', async () => {
    const ue = client((): HttpAnswer => ({ status: 200, headers: {}, body: new Uint8Array() }));
    await expect(send(ue)).rejects.toMatchObject({ code: 'forged-answer' });
  });

  test('picks the challenge of its own BM-SC, and auth-int where both are offered', async () => {
    const ue = client(
      () =>
        unauthorized(
          challenge('other', { realm: '3GPP-bootstrapping@other.home1.net' }),
          challenge('own', { qop: ['auth', 'auth-int'] }),
        ),
      (authorization) => ok(given(authorization)),
    );
    await send(ue);
    expect(given(seen[1])).toMatchObject({ nonce: 'own', realm: REALM, qop: 'auth-int' });
  });

  test.each([
    ['is for another realm', () => unauthorized(challenge('n', { realm: '3GPP-bootstrapping@other.net' }))],
    ['is missing', (): HttpAnswer => ({ status: 401, headers: {}, body: new Uint8Array() })],
    [
      'is malformed',
      (): HttpAnswer => ({
        status: 401,
        headers: { 'www-authenticate': 'Digest "' },
        body: new Uint8Array(),
      }),
    ],
  ])('refuses a challenge that %s', async (_, answer) => {
    await expect(send(client(answer))).rejects.toMatchObject({ code: 'bad-challenge' });
  });

  test.each([
    ['has no Authentication-Info', (): HttpAnswer => ({ status: 200, headers: {}, body: new Uint8Array() })],
    [
      'has an rspauth of one who does not know the MRK',
      (authorization: DigestAuthorization | undefined) => ok(given(authorization), { password: 'another' }),
    ],
    [
      'has another body than the one that rspauth covers',
      (authorization: DigestAuthorization | undefined): HttpAnswer => ({
        ...ok(given(authorization)),
        body: Buffer.from('ho'),
      }),
    ],
  ])('refuses a 200 that %s', async (_, answer) => {
    const ue = client(() => unauthorized(challenge('n1')), answer);
    await expect(send(ue)).rejects.toMatchObject({ code: 'forged-answer' });
  });
});

test.each([
  `${REALM};3GPP-bootstrapping-uicc@bmsc.home1.net`,
  `3GPP-bootstrapping-uicc@bmsc.home1.net; ${REALM}`,
  '3GPP-bootstrapping-uicc@bmsc.home1.net',
])('a challenge for %s is answered with the whole realm', async (realm) => {
  const ue = client(
    () => unauthorized(challenge('n1', { realm })),
    (authorization) => ok(given(authorization)),
  );
  expect((await ue.post(URL_, 'text/plain', 'x')).status).toBe(200);
  expect(seen[1]).toMatchObject({ realm, nonce: 'n1', username: ASSOCIATION.btid });
});

// @clause TS 24.109 §5.2.4 s3
test('a challenge whose realms are all of other BM-SCs is not answered', async () => {
  const realm = '3GPP-bootstrapping@other.net;3GPP-bootstrapping-uicc@other.net';
  const ue = client(() => unauthorized(challenge('n1', { realm })));
  await expect(ue.post(URL_, 'text/plain', 'x')).rejects.toMatchObject({ code: 'bad-challenge' });
});
