import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { authenticationVectorOf, sqnOfAuts } from '../../../lib/gba/aka.ts';
import { btidOf } from '../../../lib/gba/btid.ts';
import { parseImpi } from '../../../lib/gba/impi.ts';
import { digestPasswordOf } from '../../../lib/gba/mbms-keys.ts';
import {
  formatAkaChallenge,
  formatAkaIdentity,
  formatAuthenticationInfo,
  isResponseCorrect,
  parseAkaAuthorization,
} from '../../../lib/http-digest/index.ts';
import { SecretKey, secretKeyFromHex } from '../../../lib/keys/secret-key.ts';
import { akmaAssociationOf, associationOf } from '../../../lib/ue/bootstrapping/associations.ts';
import { bootstrap } from '../../../lib/ue/bootstrapping/bootstrap.ts';
import { encodeBootstrappingInfo } from '../../../lib/ue/bootstrapping/bootstrapping-info.ts';
import { nextSqn, UeSim } from '../../../lib/ue/bootstrapping/ue-sim.ts';
import type { HttpAnswer } from '../../../lib/ue/http-post.ts';
import vectors from '../../vectors/gba.json' with { type: 'json' };

const keys = { k: new SecretKey(randomBytes(16)), opc: new SecretKey(randomBytes(16)) };
const impi = parseImpi(vectors.impi);
const bsfUrl = new URL('http://bsf.home1.net/');
const EXPIRES_AT = Date.UTC(2026, 10, 27);
const IDENTITY = { authorization: formatAkaIdentity({ username: impi, realm: 'x', uri: '/' }) };
const refusal = (code: string) => expect.objectContaining({ name: 'UeError', code });

const answer = (status: number, headers: Record<string, string> = {}, body = ''): HttpAnswer => ({
  status,
  headers,
  body: Buffer.from(body),
});

/** A BSF in a few lines; `change` makes it a wrong one. */
class Bsf {
  sqn = 320;
  requests: string[] = [];
  qop: readonly ('auth' | 'auth-int')[] = ['auth-int'];
  password: SecretKey | undefined;
  keys = keys;
  resynchronises = true;
  change: (answer: HttpAnswer) => HttpAnswer = (same) => same;
  #vector = this.#next();

  get = async (_url: URL, { authorization = '' }: Readonly<Record<string, string>>): Promise<HttpAnswer> => {
    return this.change(this.#answer(authorization));
  };

  #answer(header: string): HttpAnswer {
    const credentials = parseAkaAuthorization(header);
    if (credentials.kind === 'identity') {
      this.requests.push('identity');
      return this.#challenge();
    }
    const { authorization } = credentials;
    const { rand, xres } = this.#vector;
    if (authorization.auts !== undefined) {
      this.requests.push('auts');
      if (this.resynchronises) this.sqn = sqnOfAuts(this.keys, rand, authorization.auts) ?? 0;
      return this.#challenge();
    }
    this.requests.push('res');
    const input = { authorization, password: xres, method: 'GET', entityBody: new Uint8Array() };
    if (!isResponseCorrect(input)) return answer(403);
    const body = encodeBootstrappingInfo({
      btid: btidOf({ rand, bsfName: 'bsf.home1.net' }),
      expiresAt: EXPIRES_AT,
    });
    const info = formatAuthenticationInfo({
      authorization,
      password: this.password ?? xres,
      entityBody: Buffer.from(body),
    });
    return answer(200, { 'authentication-info': info }, body);
  }

  #challenge(): HttpAnswer {
    this.#vector = this.#next();
    const aka = { ...this.#vector, serverData: new Uint8Array() };
    const challenge = { realm: 'bsf.home1.net', aka, qop: this.qop, stale: false };
    return answer(401, { 'www-authenticate': formatAkaChallenge(challenge) });
  }

  #next() {
    this.sqn = nextSqn(this.sqn);
    const rand = new Uint8Array(randomBytes(16));
    return authenticationVectorOf(this.keys, { rand, sqn: this.sqn, amf: Uint8Array.of(0x80, 0) });
  }
}

const run = (bsf: Bsf, sim = new UeSim(keys)) =>
  bootstrap({ bsfUrl, sim, impi, randomOctets: randomBytes, get: bsf.get });

describe('a UE on Ub', () => {
  // @clause TS 24.109 §4.2 s3
  test('gets a B-TID and a lifetime, and has Ks', async () => {
    const bsf = new Bsf();
    const session = await run(bsf);
    expect(bsf.requests).toEqual(['identity', 'res']);
    expect(session).toMatchObject({
      btid: btidOf({ rand: session.rand, bsfName: 'bsf.home1.net' }),
      expiresAt: EXPIRES_AT,
      impi,
    });
    expect(session.ks.length).toBe(32);
  });

  // @clause RFC 3310 §3.4 s1
  // @clause TS 24.109 annex A.4 s1
  test('resynchronises once when SQN is out of range', async () => {
    const bsf = new Bsf();
    const sim = new UeSim({ ...keys, sqn: 1_000_000 });
    await run(bsf, sim);
    expect(bsf.requests).toEqual(['identity', 'auts', 'res']);
    expect(sim.sqn).toBeGreaterThan(1_000_000);
  });

  test('does not resynchronise for ever', async () => {
    const bsf = new Bsf();
    bsf.resynchronises = false;
    await expect(run(bsf, new UeSim({ ...keys, sqn: 1_000_000 }))).rejects.toThrow(refusal('refused'));
    expect(bsf.requests).toEqual(['identity', 'auts', 'auts', 'auts']);
  });

  // @clause TS 24.109 annex A.4 s2
  test('gives up when the BSF does not accept RES, or sends the same challenge after AUTS', async () => {
    const deaf = new Bsf();
    const challenge = await deaf.get(bsfUrl, IDENTITY);
    deaf.change = () => challenge;
    deaf.requests = [];
    await expect(run(deaf)).rejects.toThrow(refusal('refused'));
    expect(deaf.requests).toEqual(['identity', 'res']);
    deaf.requests = [];
    await expect(run(deaf, new UeSim({ ...keys, sqn: 1_000_000 }))).rejects.toThrow(refusal('refused'));
    expect(deaf.requests).toEqual(['identity', 'auts']);
  });

  test('answers nothing to a network that is not its own', async () => {
    const bsf = new Bsf();
    bsf.keys = { ...keys, k: new SecretKey(randomBytes(16)) };
    await expect(run(bsf)).rejects.toThrow(refusal('foreign-network'));
    expect(bsf.requests).toEqual(['identity']);
  });

  // @clause TS 24.109 annex A.3 s4
  test('refuses an answer that does not prove RES', async () => {
    const bsf = new Bsf();
    bsf.password = new SecretKey(randomBytes(8));
    await expect(run(bsf)).rejects.toThrow(refusal('forged-answer'));
  });

  test('refuses a B-TID that was changed on the way', async () => {
    const bsf = new Bsf();
    bsf.change = (same) => ({
      ...same,
      body: Buffer.from(Buffer.from(same.body).toString().replace('<btid>', '<btid>A')),
    });
    await expect(run(bsf)).rejects.toThrow(refusal('forged-answer'));
  });

  test.each<[string, HttpAnswer, string]>([
    ['a 200 before a challenge', answer(200, {}, 'x'), 'forged-answer'],
    ['a 401 without a challenge', answer(401), 'bad-challenge'],
    ['a 401 with another scheme', answer(401, { 'www-authenticate': 'Basic realm="x"' }), 'bad-challenge'],
    [
      'a nonce that is too short',
      answer(401, {
        'www-authenticate': 'Digest realm="x", nonce="AAAA", qop="auth-int", algorithm=AKAv1-MD5',
      }),
      'bad-challenge',
    ],
    ['a 403', answer(403), 'refused'],
    ['a 500', answer(500), 'refused'],
  ])('refuses %s', async (_what, given, code) => {
    const get = async () => given;
    await expect(
      bootstrap({ bsfUrl, sim: new UeSim(keys), impi, randomOctets: randomBytes, get }),
    ).rejects.toThrow(refusal(code));
  });

  // @clause TS 24.109 §4.2 s2
  test('refuses a BSF that would not protect its answer', async () => {
    const bsf = new Bsf();
    bsf.qop = ['auth'];
    await expect(run(bsf)).rejects.toThrow(refusal('bad-challenge'));
  });
});

describe('the associations that follow', () => {
  const session = {
    btid: btidOf({ rand: Buffer.from(vectors.rand, 'hex'), bsfName: vectors.bsfName }),
    impi,
    ks: secretKeyFromHex(vectors.ck + vectors.ik, 32),
    rand: Buffer.from(vectors.rand, 'hex'),
    expiresAt: EXPIRES_AT,
  };
  const naf = { nafFqdn: vectors.nafFqdn };
  const hexOf = (key: SecretKey) => Buffer.from(key.exposeOctets()).toString('hex');

  test('have the keys of the vector with GBA_ME', () => {
    const { muk, mrk, ...others } = associationOf(session, { ...naf, gbaType: 'GBA_ME' });
    expect(others).toEqual({ btid: vectors.bTid, nafFqdn: vectors.nafFqdn, expiresAt: EXPIRES_AT });
    expect([hexOf(muk), hexOf(mrk)]).toEqual([vectors.ksNaf, vectors.mrk]);
  });

  test('have the keys of the vector with GBA_U, by either rule of the MRK', () => {
    const { muk, mrk } = associationOf(session, { ...naf, gbaType: 'GBA_U' });
    expect([hexOf(muk), digestPasswordOf(mrk)]).toEqual([
      vectors.ksIntNaf,
      vectors.gbaU.digestPasswordByKsExtNaf,
    ]);
    const derived = associationOf(session, { ...naf, gbaType: 'GBA_U', mrkRule: 'derived' });
    expect(hexOf(derived.mrk)).toBe(vectors.mrk);
  });

  test('have an A-KID for their B-TID with AKMA', () => {
    const association = akmaAssociationOf(
      {
        supi: '001010123456789',
        kAusf: new SecretKey(randomBytes(32)),
        routingIndicator: '0',
        homeNetwork: '5gc.mnc001.mcc001.3gppnetwork.org',
      },
      vectors.nafFqdn,
    );
    expect(association).toMatchObject({ bootstrapping: 'akma', nafFqdn: vectors.nafFqdn });
    expect(association.btid).toMatch(/^0[\w-]{43}@5gc\.mnc001\.mcc001\.3gppnetwork\.org$/);
    expect(association.expiresAt).toBeUndefined();
  });
});
