import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { OutgoingEvent } from '../../lib/events/envelope.ts';
import { SbiClient } from '../../lib/key-source/sbi/client.ts';
import { formatKeyGroup } from '../../lib/keys/msk-id.ts';
import { FULL_VALIDITY } from '../../lib/keys/msk-validity.ts';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import { followMbsSession, type MbsFeedContext, type MbsSession } from '../../lib/mbs/feed.ts';
import { MbSmf } from '../../lib/mbs/mb-smf.ts';
import { addServiceToKeyGroup, putMsk } from '../../lib/store/key-group/key-group.ts';
import type { KeyGroupRef } from '../../lib/store/key-group/key-group-item.ts';
import { activateMsk, prepareMsk, revokeMsk } from '../../lib/store/key-group/msk-rotation.ts';
import { startTable, type TestTable } from '../store/table.ts';
import { DOMAIN } from '../traffic/msks.ts';
import { StandInMbSmf } from './stand-in-mb-smf.ts';

const START = Date.UTC(2026, 10, 27, 18);
const TMGI = { mbsServiceId: '00aa01', plmnId: { mcc: '001', mnc: '01' } };

let table: TestTable;
let mbSmf: StandInMbSmf;
let client: SbiClient;
let context: MbsFeedContext;
let session: MbsSession;
let ref: KeyGroupRef;
let published: OutgoingEvent[];
let now: number;
let groups = 0;

beforeAll(async () => {
  table = await startTable();
});
afterAll(() => table?.close());
beforeEach(async () => {
  mbSmf = await StandInMbSmf.start();
  client = new SbiClient({ userAgent: 'AF-bmsc.home1.net', timeoutMs: 400 });
  groups += 1;
  ref = { keyDomainId: DOMAIN, keyGroup: groups };
  now = START;
  published = [];
  context = {
    store: table,
    publish: async (events) => void published.push(...events),
    mbSmf: new MbSmf({ client, apiRoot: mbSmf.apiRoot, tokens: undefined }),
    update: 'patch',
    now: () => now,
    randomOctets: (length) => randomBytes(length),
  };
  const members = { serviceType: 'MULTICAST', mbsSessionId: { tmgi: TMGI } };
  session = { name: `news-${groups}`, keyGroup: ref, to: 'mb-smf', members };
  await addServiceToKeyGroup(table, ref, 'urn:example:news');
  return async () => {
    client.close();
    await mbSmf.stop();
  };
});

const look = () => followMbsSession(context, session);
const aMsk = () => new SecretKey(randomBytes(16));
async function provision(keyNumber = 1, msk = aMsk()): Promise<SecretKey> {
  await putMsk(table, ref, { keyNumber, msk, validity: FULL_VALIDITY });
  return msk;
}
const rotation = (msk = aMsk()) => ({
  request: randomBytes(4).toString('hex'),
  msk,
  validity: FULL_VALIDITY,
  now,
  leadTimeMs: 60_000,
});
/** The MSKs that the MB-SMF has, in Base64 by their Key Numbers, of its only session. */
function held(): Record<number, string> {
  expect(mbSmf.sessions.size).toBe(1);
  const [kept] = mbSmf.sessions.values();
  const infos = Object.values(kept?.mbsSecurityContext?.keyList ?? {});
  return Object.fromEntries(
    infos.map(({ mskId, msk }) => [Buffer.from(mskId, 'base64').readUInt16BE(2), msk] as const),
  );
}
const base64 = (msk: SecretKey) => Buffer.from(msk.exposeOctets()).toString('base64');
const told = () => published.splice(0).map(({ detailType, data }) => [detailType, data] as const);
const idOf = (keyNumber: number) => formatKeyGroup(ref.keyGroup) + formatKeyGroup(keyNumber);
const named = (...keyNumbers: number[]) => ({
  session: session.name,
  keyDomainId: DOMAIN,
  keyGroup: formatKeyGroup(ref.keyGroup),
  mskIds: keyNumbers.map(idOf),
});

describe('an MB-SMF', () => {
  test('gets a session with its MSK when there is one, and hears nothing while that is the same', async () => {
    expect(await look()).toBe('no-msk');
    const msk = await provision();
    expect(await look()).toBe('created');
    expect(held()).toEqual({ 1: base64(msk) });
    expect(await look()).toBe('current');
    expect(mbSmf.seen()).toEqual(['POST 201']);
    expect(told()).toEqual([['MBS Session Updated', { ...named(1), how: 'created' }]]);
  });

  test('gets the next MSK ahead, and one alone after the rotation, by PATCH', async () => {
    const [first, next] = [await provision(), aMsk()];
    await look();
    await prepareMsk(table, ref, rotation(next));
    expect(await look()).toBe('updated');
    expect(held()).toEqual({ 1: base64(first), 2: base64(next) });
    const [, prepared] = mbSmf.exchanges;
    expect(JSON.parse(prepared?.body ?? '')).toMatchObject([
      {
        op: 'add',
        path: '/mbsSecurityContext',
        value: { keyList: { [`00f110-${idOf(1)}`]: { mskLifetime: '2026-11-27T18:01:00.000Z' } } },
      },
    ]);
    expect(prepared?.headers['content-type']).toBe('application/json-patch+json');
    await activateMsk(table, ref, 2);
    expect(await look()).toBe('updated');
    expect(held()).toEqual({ 2: base64(next) });
    expect(mbSmf.seen()).toEqual(['POST 201', 'PATCH 204', 'PATCH 204']);
  });

  test('gets a session anew where the setting says so, and what it lost in either way', async () => {
    await provision();
    await look();
    context = { ...context, update: 're-create' };
    const second = await provision(2);
    expect(await look()).toBe('re-created');
    expect(held()).toMatchObject({ 2: base64(second) });
    expect(mbSmf.seen()).toEqual(['POST 201', 'DELETE 204', 'POST 201']);
    mbSmf.sessions.clear();
    await provision(3);
    expect(await look()).toBe('re-created');
    mbSmf.sessions.clear();
    context = { ...context, update: 'patch' };
    await provision(4);
    expect(await look()).toBe('created');
    expect(mbSmf.seen()).toEqual(['DELETE 404', 'POST 201', 'PATCH 404', 'POST 201']);
  });

  test('has a revoked MSK no more', async () => {
    await provision();
    await look();
    const replacement = { msk: aMsk(), validity: FULL_VALIDITY };
    await revokeMsk(table, ref, 1, replacement);
    await look();
    expect(held()).toEqual({ 2: base64(replacement.msk) });
  });

  test('gets another MSK of the same ID as another one', async () => {
    await provision();
    await look();
    const other = aMsk();
    await putMsk(table, ref, { keyNumber: 1, msk: other, validity: FULL_VALIDITY }, { replace: true });
    expect(await look()).toBe('updated');
    expect(held()).toEqual({ 1: base64(other) });
  });
});

describe('an MB-SMF that will not', () => {
  test('is told of, and tried again after ten minutes or when MSKs change', async () => {
    await provision();
    mbSmf.otherwise = () => ({ status: 403, cause: 'MODIFICATION_NOT_ALLOWED' });
    expect(await look()).toBe('refused');
    const retryAt = new Date(now + 600_000).toISOString();
    expect(told()).toEqual([
      [
        'MBS Session Update Failed',
        {
          ...named(1),
          reason: 'refused',
          status: 403,
          cause: 'MODIFICATION_NOT_ALLOWED',
          message: expect.stringContaining('403'),
          retryAt,
        },
      ],
    ]);
    now += 599_999;
    expect(await look()).toBe('waiting');
    now += 1;
    expect(await look()).toBe('refused');
    await provision(2);
    expect(await look()).toBe('refused');
    expect(mbSmf.seen()).toEqual(['POST 403', 'POST 403', 'POST 403']);
    mbSmf.otherwise = () => undefined;
    now += 600_000;
    expect(await look()).toBe('created');
  });

  test('change a session leaves it as it was, and knows it still', async () => {
    const first = await provision();
    await look();
    mbSmf.otherwise = ({ method }) => (method === 'PATCH' ? { status: 400 } : undefined);
    await provision(2);
    expect(await look()).toBe('refused');
    expect(held()).toEqual({ 1: base64(first) });
    mbSmf.otherwise = () => undefined;
    now += 600_000;
    expect(await look()).toBe('updated');
    expect(Object.keys(held())).toEqual(['2']);
  });

  test('take a new session after it released the old one is asked for a new one alone', async () => {
    context = { ...context, update: 're-create' };
    await provision();
    await look();
    await provision(2);
    mbSmf.otherwise = ({ method }) => (method === 'POST' ? { status: 503 } : undefined);
    expect(await look()).toBe('unavailable');
    mbSmf.otherwise = () => undefined;
    now += 15_000;
    expect(await look()).toBe('created');
    expect(mbSmf.seen()).toEqual(['POST 201', 'DELETE 204', 'POST 503', 'POST 201']);
  });

  test.each<[string, object, string]>([
    ['answers 500', { status: 500 }, 'status-500'],
    ['answers 429', { status: 429 }, 'status-429'],
    ['does not answer', { status: 0, isSilent: true }, 'timeout'],
  ])('%s is tried after 15 s, 30 s, a minute, and so on to ten minutes', async (_, answer, reason) => {
    await provision();
    mbSmf.otherwise = () => answer as never;
    const waits: number[] = [];
    for (let tries = 0; tries < 8; tries++) {
      expect(await look()).toBe('unavailable');
      const [[detailType, data] = []] = told();
      expect([detailType, data]).toEqual([
        'MBS Session Update Failed',
        expect.objectContaining({ reason: 'unavailable', message: expect.stringContaining(reason) }),
      ]);
      waits.push(Date.parse(data && 'retryAt' in data ? data.retryAt : '') - now);
      now += (waits.at(-1) ?? 0) - 1;
      expect(await look()).toBe('waiting');
      now += 1;
    }
    expect(waits).toEqual([15_000, 30_000, 60_000, 120_000, 240_000, 480_000, 600_000, 600_000]);
  });

  test('be asked before its Retry-After is not', async () => {
    await provision();
    mbSmf.otherwise = () => ({ status: 503, headers: { 'retry-after': '120' } });
    await look();
    now += 119_999;
    expect(await look()).toBe('waiting');
    now += 1;
    expect(await look()).toBe('unavailable');
  });

  test('say where the session is has not got it, and one that names another place gets no key there', async () => {
    await provision();
    const answers: Record<string, string>[] = [
      {},
      { location: 'http://127.0.0.2:1/nmbsmf-mbssession/v1/mbs-sessions/1' },
      { location: '/x' },
    ];
    for (const headers of answers) {
      mbSmf.otherwise = () => ({ status: 201, headers });
      expect(await look()).toBe('unavailable');
      now += 600_000;
    }
  });

  test('exist gives a reason, and nothing is lost', async () => {
    const { apiRoot } = mbSmf;
    context = {
      ...context,
      mbSmf: new MbSmf({ client, apiRoot: apiRoot.replace(/\d+$/, '1'), tokens: undefined }),
    };
    await provision();
    expect(await look()).toBe('unavailable');
    expect(told()).toMatchObject([
      ['MBS Session Update Failed', { message: expect.stringContaining('no-connection') }],
    ]);
  });
});

test('a session that goes to the bus is told without a key, and again when the bus was away', async () => {
  session = { ...session, to: 'bus', members: {} };
  const msk = await provision();
  const { publish } = context;
  context = { ...context, publish: () => Promise.reject(new Error('the bus is away')) };
  await expect(look()).rejects.toThrow('the bus is away');
  context = { ...context, publish };
  expect(await look()).toBe('busy');
  now += 60_000;
  expect(await look()).toBe('told');
  expect(await look()).toBe('current');
  expect(JSON.stringify(published)).not.toContain(base64(msk));
  expect(told()).toEqual([['MBS Security Context Changed', named(1)]]);
  expect(mbSmf.seen()).toEqual([]);
});

test('of two that look at a time one hands over; where the session is stays known when the bus is away', async () => {
  await provision();
  expect((await Promise.all([look(), look(), look()])).sort()).toEqual(['busy', 'busy', 'created']);
  expect(mbSmf.sessions.size).toBe(1);
  context = { ...context, publish: () => Promise.reject(new Error('the bus is away')) };
  await provision(2);
  await expect(look()).rejects.toThrow('the bus is away');
  expect(await look()).toBe('current');
  expect(mbSmf.sessions.size).toBe(1);
});
