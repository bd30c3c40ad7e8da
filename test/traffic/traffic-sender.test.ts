import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { ScanCommand } from '@aws-sdk/client-dynamodb';
import * as v from 'valibot';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { stream, streamList } from '../../functions/traffic/streams.ts';
import { formatMskId } from '../../lib/keys/msk-id.ts';
import { FULL_VALIDITY } from '../../lib/keys/msk-validity.ts';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import { encodeSrtp } from '../../lib/srtp/packet.ts';
import { rtpHeaderOf } from '../../lib/srtp/rtp.ts';
import { sessionKeysOf } from '../../lib/srtp/session-keys.ts';
import { putImportedMtk } from '../../lib/store/key-group/imported-mtk.ts';
import { addServiceToKeyGroup } from '../../lib/store/key-group/key-group.ts';
import { importMsk } from '../../lib/store/key-group/msk-import.ts';
import { activateMsk, prepareMsk, revokeMsk } from '../../lib/store/key-group/msk-rotation.ts';
import { loadKeptMtks } from '../../lib/store/traffic/kept-mtks.ts';
import { nameOfStream } from '../../lib/traffic/stream.ts';
import { DOMAIN } from './msks.ts';
import { inUse, kindsOf, SERVICE, TrafficBed } from './traffic-bed.ts';

let bed: TrafficBed;
const folder = mkdtempSync(join(tmpdir(), 'bmsc-traffic-'));
beforeAll(async () => {
  bed = await TrafficBed.begin();
});
afterAll(async () => {
  await bed.table.close();
  rmSync(folder, { recursive: true });
});
beforeEach(() => bed.next());
afterEach(() => bed.closeAll());

// @clause TS 33.501 annex W.4.1.2 s2
test('a UE plays through changes of the MTK and a rotation of the MSK, and loses nothing', async () => {
  const first = await bed.put(1);
  const sending = await bed.start();
  const ue = await bed.startUe(sending);
  ue.hold(1, first);
  await bed.feed(sending.rtpPort);
  await vi.waitFor(() => expect(inUse(sending.events)).toBeGreaterThanOrEqual(2), 10_000);
  const msk = new SecretKey(randomBytes(16));
  const request = { request: 'r', msk, validity: FULL_VALIDITY, now: Date.now(), leadTimeMs: 1000 };
  await prepareMsk(bed.table, bed.ref, request);
  ue.hold(2, msk);
  await delay(500);
  await activateMsk(bed.table, bed.ref, 2);
  await vi.waitFor(() => {
    const under = sending.events.filter((event) => 'mskId' in event && event.mskId?.endsWith('0002'));
    expect(inUse(under)).toBeGreaterThanOrEqual(1);
  }, 10_000);
  await delay(400);
  const { played } = ue;
  const [begin = 0] = played;
  expect(played.length).toBeGreaterThan(50);
  expect(played).toEqual(played.map((_, index) => begin + index));
  expect(ue.receiver.unopened).toEqual({});
  expect(ue.kinds).not.toContain('refused');
}, 40_000);

test('UEs that hold only the present or only the next MSK both play while both are live', async () => {
  const first = await bed.put(1);
  const sending = await bed.start();
  const [old, young, none] = [
    await bed.startUe(sending),
    await bed.startUe(sending),
    await bed.startUe(sending),
  ];
  old.hold(1, first);
  await bed.feed(sending.rtpPort);
  const msk = new SecretKey(randomBytes(16));
  const request = { request: 'r', msk, validity: FULL_VALIDITY, now: Date.now(), leadTimeMs: 1000 };
  await prepareMsk(bed.table, bed.ref, request);
  young.hold(2, msk);
  await vi.waitFor(() => {
    expect(old.played.length).toBeGreaterThan(100);
    expect(young.played.length).toBeGreaterThan(100);
  }, 10_000);
  expect(none.played).toEqual([]);
  expect(none.receiver.unopened['unknown-mki']).toBeGreaterThan(100);
}, 30_000);

test('a UE whose MSK is revoked stops; one that holds the next plays on', async () => {
  const first = await bed.put(1);
  const sending = await bed.start({ changeSeconds: 60 });
  const [revoked, other] = [await bed.startUe(sending), await bed.startUe(sending)];
  for (const ue of [revoked, other]) ue.hold(1, first);
  await bed.feed(sending.rtpPort);
  await vi.waitFor(() => expect(revoked.played.length).toBeGreaterThan(50), 10_000);
  const replacement = new SecretKey(randomBytes(16));
  await revokeMsk(bed.table, bed.ref, 1, { msk: replacement, validity: FULL_VALIDITY });
  other.hold(2, replacement);
  await vi.waitFor(() => expect(inUse(sending.events)).toBe(2), 10_000);
  await delay(100);
  const stoppedAt = revoked.played.length;
  await vi.waitFor(() => expect(other.played.length).toBeGreaterThan(stoppedAt + 50), 10_000);
  expect(revoked.played.length).toBe(stoppedAt);
  expect(sending.events.filter(({ kind }) => kind === 'msk-revoked')).toEqual([
    { kind: 'msk-revoked', mskId: formatMskId({ keyGroup: bed.ref.keyGroup, keyNumber: 1 }) },
  ]);
  expect(other.played).toEqual(other.played.map((_, index) => (other.played[0] ?? 0) + index));
}, 30_000);

test('of two instances one sends; the other goes on when it is gone, with later MTK IDs', async () => {
  const msk = await bed.put(1);
  const one = await bed.start({ changeSeconds: 60 });
  const ue = await bed.startUe(one);
  ue.hold(1, msk);
  await vi.waitFor(() => expect(inUse(one.events)).toBe(1), 10_000);
  const other = await bed.start({ changeSeconds: 60, mtks: one.settings.mtks, srtp: undefined }, 'other');
  await delay(1500);
  expect(kindsOf(other.events)).toEqual([]);
  await bed.closeOne(one.sender);
  await vi.waitFor(() => expect(inUse(other.events)).toBe(1), 10_000);
  expect(kindsOf(other.events)[0]).toBe('turn-taken');
  expect(other.events.at(-1)).toMatchObject({ mtkId: 1 });
  expect(new Set(ue.kinds)).toEqual(new Set(['mtk', 'mtk-repeated']));
}, 30_000);

test('an instance that finds another in its turn stops', async () => {
  await bed.put(1);
  const { events, settings } = await bed.start();
  await vi.waitFor(() => expect(inUse(events)).toBe(1), 10_000);
  const { loadTurn, takeTurn } = await import('../../lib/store/traffic/turn.ts');
  const { turnOfStream } = await import('../../lib/traffic/stream.ts');
  const name = turnOfStream(settings);
  await vi.waitFor(async () => {
    expect(await takeTurn(bed.table, name, 'thief', await loadTurn(bed.table, name))).toBe(true);
    expect(kindsOf(events)).toContain('turn-lost');
  }, 10_000);
}, 30_000);

test('of two User Services under one Key Group one is sent: two would take their counters from each other', async () => {
  const msk = await bed.put(1);
  await addServiceToKeyGroup(bed.table, bed.ref, 'urn:example:sport');
  const one = await bed.start();
  await vi.waitFor(() => expect(inUse(one.events)).toBe(1), 10_000);
  const other = await bed.start({ serviceId: 'urn:example:sport', mtks: one.settings.mtks }, 'other');
  const ue = await bed.startUe(one);
  ue.hold(1, msk);
  await vi.waitFor(() => expect(inUse(one.events)).toBe(3), 10_000);
  expect(kindsOf(other.events)).toEqual([]);
  expect(ue.kinds).not.toContain('refused');
}, 30_000);

test('the numbers of an MSK expire once a rotation has taken it out of the table', async () => {
  await bed.put(1);
  const { events } = await bed.start({ changeSeconds: 60 });
  await vi.waitFor(() => expect(inUse(events)).toBe(1), 10_000);
  const ttls = async () => {
    const { Items = [] } = await bed.table.dynamodb.send(
      new ScanCommand({ TableName: bed.table.tableName, ConsistentRead: true }),
    );
    const name = `MTKS#${DOMAIN}#${formatMskId({ keyGroup: bed.ref.keyGroup, keyNumber: 1 })}`;
    return Items.filter(({ pk }) => pk?.S?.startsWith(name)).map(({ ttl }) => ttl !== undefined);
  };
  const request = { request: 'r', now: Date.now(), leadTimeMs: 1000, validity: FULL_VALIDITY };
  await prepareMsk(bed.table, bed.ref, { ...request, msk: new SecretKey(randomBytes(16)) });
  await delay(500);
  expect(await ttls()).toEqual([false]);
  await activateMsk(bed.table, bed.ref, 2);
  await vi.waitFor(async () => expect(await ttls()).toEqual([true]), 10_000);
}, 30_000);

test('a range that ends asks for a rotation', async () => {
  await bed.put(1, { seql: 0, sequ: 1 });
  const { asked, events } = await bed.start({ lowMtkIds: 1 });
  await vi.waitFor(() => expect(kindsOf(events)).toContain('range-spent'), 10_000);
  expect(asked).toEqual(['Rotate MSK', 'Rotate MSK', 'Rotate MSK']);
}, 30_000);

test('an encoder gets MTKs over a local socket that is its user’s alone, and is told to stop', async () => {
  const msk = await bed.put(1);
  const handOver = join(folder, 'news.sock');
  const sending = await bed.start({ handOver, srtp: undefined });
  const ue = await bed.startUe(sending);
  ue.hold(1, msk);
  expect(statSync(handOver).mode & 0o777).toBe(0o600);
  const encoder = createConnection(handOver);
  await once(encoder, 'connect');
  const told: Record<string, unknown>[] = [];
  createInterface({ input: encoder }).on('line', (line) => told.push(JSON.parse(line)));
  await vi.waitFor(() => expect(told.filter(({ state }) => state === 'use').length).toBe(2), 10_000);
  expect(told.slice(0, 3).map(({ state }) => state)).toEqual(['stop', 'announced', 'use']);
  const use = told.find(({ state }) => state === 'use');
  expect(use).toMatchObject({ keyDomainId: '00f110', mtkId: 0, mki: expect.stringMatching(/0001 ?0000$/) });
  expect(Buffer.from(String(use?.mtk), 'base64').length).toBe(16);
  expect(Buffer.from(String(use?.salt), 'base64').length).toBe(14);
  await revokeMsk(bed.table, bed.ref, 1, { msk: new SecretKey(randomBytes(16)), validity: FULL_VALIDITY });
  await vi.waitFor(
    () => expect(told.at(-1)).toMatchObject({ state: 'use', mskId: expect.stringMatching(/0002$/) }),
    10_000,
  );
  encoder.destroy();
  await bed.closeOne(sending.sender);
  expect(existsSync(handOver)).toBe(false);
}, 30_000);

test('MTK messages name the streams of an encoder, so that a UE that joins late opens them', async () => {
  const msk = await bed.put(1);
  const handOver = join(folder, 'late.sock');
  const sending = await bed.start({ handOver, srtp: undefined, changeSeconds: 60 });
  const encoder = createConnection(handOver);
  await once(encoder, 'connect');
  let use: { mtk: string; salt: string; mki: string } | undefined;
  createInterface({ input: encoder }).on('line', (line) => {
    const told = JSON.parse(line);
    if (told.state === 'use') use = told;
  });
  await vi.waitFor(() => expect(use).toBeDefined(), 10_000);
  const key = {
    mtk: new SecretKey(Buffer.from(use?.mtk ?? '', 'base64')),
    salt: new SecretKey(Buffer.from(use?.salt ?? '', 'base64')),
  };
  const rtp = Buffer.alloc(40, 0x11);
  rtp[0] = 0x80;
  const packet = encodeSrtp(sessionKeysOf(key), rtp, rtpHeaderOf(rtp), 7, Buffer.from(use?.mki ?? '', 'hex'));
  const before = await bed.startUe(sending);
  before.hold(1, msk);
  await vi.waitFor(() => expect(before.kinds).toContain('mtk'), 10_000);
  before.receiver.play(packet);
  expect(before.receiver.unopened).toMatchObject({ 'auth-failure': 1 });

  encoder.write(`${JSON.stringify({ streams: [{ ssrc: rtpHeaderOf(rtp).ssrc, roc: 7 }] })}\n`);
  await vi.waitFor(() => {
    before.receiver.play(packet);
    expect(before.played).toHaveLength(1);
  }, 10_000);
  const closed = once(encoder, 'close');
  encoder.write('something else\n');
  await closed;
}, 30_000);

test('a stream that is exported keeps what is announced and in use, and one that is not keeps nothing', async () => {
  await bed.put(1);
  const exported = await bed.start({ export: true, srtp: undefined });
  const name = nameOfStream(exported.settings);
  await vi.waitFor(
    async () =>
      expect(await loadKeptMtks(bed.table, name)).toMatchObject({
        inUse: { mtkId: 1 },
        announced: { mtkId: 2 },
      }),
    10_000,
  );
  await bed.closeOne(exported.sender);
  await bed.next();
  await bed.put(1);
  const { events, settings } = await bed.start({ srtp: undefined });
  await vi.waitFor(() => expect(events.some(({ kind }) => kind === 'mtk-in-use')).toBe(true), 10_000);
  expect(await loadKeptMtks(bed.table, nameOfStream(settings))).toEqual({
    inUse: undefined,
    announced: undefined,
  });
}, 30_000);

test('a stream of another network’s keys sends the MTK that came with them, to UEs that hold the MSK', async () => {
  const msk = new SecretKey(randomBytes(16));
  const foreign = { keyNumber: 3, msk, validity: FULL_VALIDITY };
  await importMsk(bed.table, bed.ref, { ...foreign, request: 'i', now: 0, leadTimeMs: 0 });
  await activateMsk(bed.table, bed.ref, 3);
  const sending = await bed.start();
  const ue = await bed.startUe(sending);
  ue.hold(3, msk);
  await bed.feed(sending.rtpPort);
  await delay(500);
  // None is made here.
  expect(kindsOf(sending.events)).toEqual(['turn-taken']);
  const mtk = { mtkId: 40, mtk: new SecretKey(randomBytes(16)), salt: undefined };
  expect(await putImportedMtk(bed.table, { ...bed.ref, keyNumber: 3, msk }, mtk)).toBe(true);
  await vi.waitFor(() => expect(ue.played.length).toBeGreaterThan(20), 10_000);
  expect(sending.events.filter(({ kind }) => kind === 'mtk-made')).toEqual([
    { kind: 'mtk-made', mskId: expect.stringMatching(/0003$/), mtkId: 40 },
  ]);
}, 30_000);

test('a stream that can’t work is refused with what to do', () => {
  const wrong = { serviceId: SERVICE, keyGroup: '00f110/0001', mtks: { address: '239.1.1.1', port: 1 } };
  const messages = (changes: object) =>
    v
      .safeParse(stream, { ...wrong, ...changes })
      .issues?.map(({ message }) => message)
      .join();
  expect(messages({})).toBeUndefined();
  expect(messages({ announceSeconds: 0.5 })).toMatch(/sent before it is used/);
  expect(messages({ keyGroup: 'news' })).toMatch(/Key Group such as/);
  expect(messages({ mtks: { address: 'news', port: 1 } })).toMatch(/an IP address/);
  expect(messages({ patienceSeconds: 1 })).toMatch(/at least twice/);
  const twice = [wrong, { ...wrong, serviceId: 'urn:example:sport', keyGroup: '001-01/0001' }];
  expect(v.safeParse(streamList, twice).issues?.map(({ message }) => message)).toEqual([
    expect.stringMatching(/^a Key Group for each stream/),
  ]);
});
