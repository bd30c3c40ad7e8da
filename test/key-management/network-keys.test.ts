import { randomBytes, randomInt } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { btidOf, parseBtid } from '../../lib/gba/btid.ts';
import { parseImpi } from '../../lib/gba/impi.ts';
import { digestPasswordOf, mukAndMrkOf } from '../../lib/gba/mbms-keys.ts';
import type { Bootstrapping } from '../../lib/gba/realm.ts';
import { parseChallenges } from '../../lib/http-digest/index.ts';
import { encodeRegisterRequest } from '../../lib/key-management/payload/register.ts';
import type { LookUp, NetworkKeys } from '../../lib/key-source/key-source.ts';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import { loadAssociation } from '../../lib/store/association/association.ts';
import { putAssociation } from '../../lib/store/association/put-association.ts';
import { putSubscription } from '../../lib/store/registration/subscriber.ts';
import { startTable, type TestTable } from '../store/table.ts';
import {
  BTID,
  createBmsc,
  freshNonce,
  IMPI,
  NOW,
  provision,
  type RequestOptions,
  SERVICE,
  send,
} from './bmsc.ts';

let table: TestTable;
beforeAll(async () => {
  table = await startTable();
  await provision(table);
});
afterAll(() => table.close());

/** A subscriber of whom the table holds a subscription and no association. */
let impi = IMPI;
let btid = BTID;
let ksNaf = new SecretKey(randomBytes(32));
beforeEach(async () => {
  impi = parseImpi(`${randomInt(1e14)}@home1.net`);
  await putSubscription(table, impi, SERVICE);
  btid = btidOf({ rand: randomBytes(16), bsfName: 'bsf.home1.net' });
  ksNaf = new SecretKey(randomBytes(32));
});

const found = (changes: Partial<NetworkKeys> = {}): LookUp => ({
  kind: 'found',
  found: {
    impi,
    keys: { type: 'GBA_ME', ksNaf },
    bootstrappedAt: NOW - 60_000,
    expiresAt: NOW + 7_200_000,
    ...changes,
  },
});

/** A BM-SC whose network answers so, and the identifiers that it was asked for. */
function bmscWith(answer: LookUp, bootstrapping: Bootstrapping = 'gba') {
  const asked: string[] = [];
  const source = {
    lookUp: async (identifier: string) => {
      asked.push(identifier);
      return answer;
    },
    close: async () => undefined,
  };
  const { context, events } = createBmsc(table);
  return { context: { ...context, keySources: { [bootstrapping]: source } }, events, asked };
}

const registerRequest = (changes: Partial<RequestOptions> = {}): RequestOptions => ({
  requestType: 'register',
  contentType: 'application/mbms-register+xml',
  body: encodeRegisterRequest([SERVICE]),
  username: btid,
  password: digestPasswordOf(mukAndMrkOf({ type: 'GBA_ME', ksNaf }).mrk),
  ...changes,
});

async function callsOf(action: () => Promise<unknown>): Promise<string[]> {
  const before = table.calls.length;
  await action();
  return table.calls.slice(before);
}

describe('a UE that nobody provisioned', () => {
  // @clause TS 24.109 annex B.2 s1
  it('registers with the keys of the network, and is a known UE from then on', async () => {
    const { context, events, asked } = bmscWith(found());
    const { response, outcome } = await send(context, registerRequest());
    expect(response.status).toBe(200);
    expect(outcome).toMatchObject({ result: 'granted', impi, granted: 1 });
    expect(events).toHaveLength(1);
    expect((await send(context, registerRequest({ nc: 2 }))).response.status).toBe(200);
    expect(asked).toEqual([btid]);
    const stored = await loadAssociation(table, btid);
    expect(stored).toMatchObject({ gbaType: 'GBA_ME', expiresAt: NOW + 7_200_000, isCurrent: true });
    expect(stored?.bootstrappedAt).toBe(NOW - 60_000);
  });

  it('costs its first request a look-up, and four round trips more than that of a provisioned UE', async () => {
    const { context, asked } = bmscWith(found());
    const nonce = await freshNonce(context);
    const ofUnknown = await callsOf(() => send(context, registerRequest({ nonce })));
    expect(asked).toHaveLength(1);
    const keys = { btid: btidOf({ rand: randomBytes(16), bsfName: 'bsf.home1.net' }), impi } as const;
    const other = parseImpi(`${randomInt(1e14)}@home1.net`);
    await putSubscription(table, other, SERVICE);
    await putAssociation(table, {
      ...keys,
      impi: other,
      gbaType: 'GBA_ME',
      ...mukAndMrkOf({ type: 'GBA_ME', ksNaf }),
      bootstrappedAt: NOW - 1000,
      expiresAt: NOW + 7_200_000,
    });
    const ofProvisioned = await callsOf(() => send(context, registerRequest({ nonce, username: keys.btid })));
    expect(ofUnknown).toEqual([
      'BatchGetItem',
      // Stores the association.
      ...['BatchGetItem', 'UpdateItem', 'UpdateItem'],
      ...ofProvisioned,
    ]);
  });

  it('costs its later requests no round trip more than those of a provisioned UE', async () => {
    const { context } = bmscWith(found());
    await send(context, registerRequest());
    const { username: _, password: __, ...ofProvisioned } = registerRequest();
    await send(context, ofProvisioned);
    expect(await callsOf(() => send(context, registerRequest()))).toEqual(
      await callsOf(() => send(context, ofProvisioned)),
    );
  });
});

it.each(['ks-ext-naf', 'derived'] as const)('takes keys of the UICC by the rule %s', async (mrkRule) => {
  const keys = { type: 'GBA_U', ksExtNaf: ksNaf, ksIntNaf: new SecretKey(randomBytes(32)) } as const;
  const { context } = bmscWith(found({ keys }));
  const ofRule = { ...context, settings: { ...context.settings, mrkRule } };
  const password = digestPasswordOf(mukAndMrkOf(keys, { mrkRule }).mrk);
  expect((await send(ofRule, registerRequest({ password }))).response.status).toBe(200);
  const stored = await loadAssociation(table, btid);
  expect([stored?.gbaType, stored?.muk.open().equals(keys.ksIntNaf)]).toEqual(['GBA_U', true]);
});

it('goes by its own clock, and no other', async () => {
  const now = Date.now() + 86_400_000;
  const { context } = bmscWith(found({ bootstrappedAt: now - 1000, expiresAt: now + 3_600_000 }));
  const { response } = await send({ ...context, now: () => now }, registerRequest());
  expect(response.status).toBe(200);
});

it('stores nothing for a request that the keys do not prove', async () => {
  const { context, asked } = bmscWith(found());
  const { response, outcome } = await send(context, registerRequest({ password: 'a guess' }));
  expect([response.status, outcome.reason]).toEqual([401, 'wrong-response']);
  expect(asked).toEqual([btid]);
  expect(await loadAssociation(table, btid)).toBeUndefined();
});

it('asks nobody about a request that has not answered a challenge of this BM-SC', async () => {
  const { context, asked } = bmscWith(found());
  await send(context, registerRequest({ nonce: 'made-up' }));
  await send(context, registerRequest({ qop: 'auth' }));
  expect(asked).toEqual([]);
});

it('asks nobody about a UE that the table knows', async () => {
  const { context, asked } = bmscWith(found());
  const { username: _, password: __, ...request } = registerRequest();
  expect((await send(context, request)).response.status).toBe(200);
  expect((await send(context, { ...request, password: 'a guess' })).response.status).toBe(401);
  expect(asked).toEqual([]);
});

it.each([
  ['unknown', { kind: 'unknown' }, 401, 'unknown-b-tid', undefined],
  ['not authorised', { kind: 'not-authorized' }, 403, 'not-authorised-by-network', undefined],
  [
    'not to be had now',
    { kind: 'unavailable', reason: 'timeout', retryAfterMs: 1500 },
    503,
    'key-source-timeout',
    '2',
  ],
] as const)('answers a B-TID that is %s in the network', async (_, answer, status, reason, retryAfter) => {
  const { context } = bmscWith(answer);
  const { response, outcome } = await send(context, registerRequest());
  expect([response.status, outcome.reason, response.headers['retry-after']]).toEqual([
    status,
    reason,
    retryAfter,
  ]);
  expect(await loadAssociation(table, btid)).toBeUndefined();
});

// @clause TS 33.501 annex W.4.1.3 s3
it('refuses keys without a subscriber, and stores nothing', async () => {
  const { context } = bmscWith(found({ impi: undefined }));
  const { response, outcome } = await send(context, registerRequest());
  expect([response.status, outcome.reason]).toEqual([403, 'no-subscriber']);
  expect(await loadAssociation(table, btid)).toBeUndefined();
});

it('takes now for a time of bootstrapping, and the setting for a lifetime, that the network leaves out', async () => {
  const { context } = bmscWith(found({ bootstrappedAt: undefined, expiresAt: undefined }));
  expect((await send(context, registerRequest())).response.status).toBe(200);
  expect(await loadAssociation(table, btid)).toMatchObject({
    bootstrappedAt: NOW,
    expiresAt: NOW + context.settings.lifetimeWithoutExpiryMs,
  });
});

describe('an expired association', () => {
  const provisionExpired = () =>
    putAssociation(table, {
      btid,
      impi,
      gbaType: 'GBA_ME',
      ...mukAndMrkOf({ type: 'GBA_ME', ksNaf }),
      bootstrappedAt: NOW - 7_200_000,
      expiresAt: NOW - 1000,
    });

  it('lives on when the network has a later lifetime, its counter counted from the first bootstrapping', async () => {
    await provisionExpired();
    const { context } = bmscWith(found());
    expect((await send(context, registerRequest())).response.status).toBe(200);
    expect(await loadAssociation(table, btid)).toMatchObject({
      bootstrappedAt: NOW - 7_200_000,
      expiresAt: NOW + 7_200_000,
    });
  });

  // @clause TS 24.109 annex B.2 s2
  it('is challenged to bootstrap again while the network gives no answer', async () => {
    await provisionExpired();
    const { context } = bmscWith({ kind: 'unavailable', reason: 'timeout', retryAfterMs: 1000 });
    const { response, outcome } = await send(context, registerRequest());
    expect([response.status, outcome.reason]).toEqual([401, 'expired-association']);
  });
});

describe('AKMA', () => {
  const kAf = new SecretKey(randomBytes(32));
  const realm = '3GPP-bootstrapping-akma@bmsc.home1.net';
  const akmaRequest = () =>
    registerRequest({ realm, password: digestPasswordOf(mukAndMrkOf({ type: 'AKMA', kAf }).mrk) });

  it('serves a UE with K_AF as its MUK', async () => {
    const { context } = bmscWith(found({ keys: { type: 'AKMA', kAf } }), 'akma');
    expect((await send(context, akmaRequest())).response.status).toBe(200);
    const stored = await loadAssociation(table, btid);
    expect(stored?.gbaType).toBe('AKMA');
    expect(stored?.muk.open().equals(kAf)).toBe(true);
  });

  // @clause TS 33.535 annex B.1.2 s1
  it('answers an unknown A-KID without a realm', async () => {
    const { context } = bmscWith({ kind: 'unknown' }, 'akma');
    const { response, outcome } = await send(context, akmaRequest());
    expect([response.status, outcome.reason]).toEqual([403, 'unknown-a-kid']);
    expect(JSON.stringify(response)).not.toContain('3GPP-bootstrapping');
  });

  // @clause TS 24.109 annex K.2 s1
  it('is not taken in the realm of GBA, nor asked of the BSF', async () => {
    const { context, asked } = bmscWith(found({ keys: { type: 'AKMA', kAf } }));
    expect((await send(context, akmaRequest())).response.status).toBe(401);
    expect(asked).toEqual([]);
    const akma = bmscWith(found({ keys: { type: 'AKMA', kAf } }), 'akma');
    await send(akma.context, akmaRequest());
    const { realm: _, ...inRealmOfGba } = akmaRequest();
    const { response, outcome } = await send(akma.context, { ...inRealmOfGba, nc: 2 });
    expect([response.status, outcome.reason]).toEqual([401, 'wrong-realm']);
  });

  it.each([
    ['3gpp-gba', '3GPP-bootstrapping@bmsc.home1.net'],
    ['3gpp-akma', realm],
    ['ue/1 3gpp-gba 3gpp-akma', `3GPP-bootstrapping@bmsc.home1.net;${realm}`],
  ])('is offered to a UE that says "%s" as it asks', async (userAgent, offered) => {
    const { context } = bmscWith({ kind: 'unknown' }, 'akma');
    const request = { ...registerRequest(), authorization: null, headers: { 'user-agent': userAgent } };
    const { response } = await send(context, request);
    const [challenge] = parseChallenges(response.headers['www-authenticate'] ?? '');
    expect(challenge?.realm).toBe(offered);
  });

  it.each([
    ['an A-KID', () => parseBtid('12AbCdEfGhIjKlMnOpQrStUvWxYz0123456789-_@home1.net'), 'akma'],
    ['a B-TID', () => btid, 'gba'],
    ['an A-KID that ends as a B-TID does', () => parseBtid(`12AbC${btid}`), 'akma'],
  ] as const)('of a UE that was offered both: %s is asked of its own source', async (_, identifier, kind) => {
    const asked: string[] = [];
    const sourceOf = (each: string) => ({
      lookUp: async () => {
        asked.push(each);
        return { kind: 'unknown' } as const;
      },
      close: async () => undefined,
    });
    const { context } = createBmsc(table);
    const both = { ...context, keySources: { gba: sourceOf('gba'), akma: sourceOf('akma') } };
    await send(
      both,
      registerRequest({
        username: identifier(),
        realm: `3GPP-bootstrapping@bmsc.home1.net;${realm}`,
      }),
    );
    expect(asked).toEqual([kind]);
  });

  // @clause TS 24.109 annex K.2 s2
  it('is offered by no BM-SC without an AAnF', async () => {
    const { context } = bmscWith({ kind: 'unknown' });
    const request = { ...registerRequest(), authorization: null, headers: { 'user-agent': '3gpp-akma' } };
    expect(JSON.stringify((await send(context, request)).response)).not.toContain('akma');
  });
});
