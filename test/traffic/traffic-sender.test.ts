import { randomBytes, randomInt } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import * as v from 'valibot';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { type StreamInput, stream, trafficStreamOf } from '../../functions/traffic/streams.ts';
import { randOfMsk } from '../../lib/keys/msk-rand.ts';
import { FULL_VALIDITY, type MskValidity } from '../../lib/keys/msk-validity.ts';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import { addServiceToKeyGroup, putMsk } from '../../lib/store/key-group/key-group.ts';
import type { KeyGroupRef } from '../../lib/store/key-group/key-group-item.ts';
import { activateMsk, prepareMsk, revokeMsk } from '../../lib/store/key-group/msk-rotation.ts';
import { loadKeptMtks } from '../../lib/store/traffic/kept-mtks.ts';
import { type GroupSocket, openSender } from '../../lib/traffic/group-socket.ts';
import { nameOfStream } from '../../lib/traffic/stream.ts';
import { type TrafficEvent, TrafficSender } from '../../lib/traffic/traffic-sender.ts';
import { KeyRing } from '../../lib/ue/key-ring.ts';
import { MikeyReceiver } from '../../lib/ue/mikey-receiver.ts';
import { TrafficReceiver } from '../../lib/ue/traffic-receiver.ts';
import { startTable, type TestTable } from '../store/table.ts';
import { DOMAIN } from './msks.ts';

const SERVICE = 'urn:example:news';
const LOOPBACK = '127.0.0.1';
let table: TestTable;
let ref: KeyGroupRef;
let groups = 0;
const open: { close: () => Promise<void> }[] = [];
const folder = mkdtempSync(join(tmpdir(), 'bmsc-traffic-'));
beforeAll(async () => {
  table = await startTable();
});
afterAll(async () => {
  await table.close();
  rmSync(folder, { recursive: true });
});
beforeEach(async () => {
  groups += 1;
  ref = { keyDomainId: DOMAIN, keyGroup: groups };
  await addServiceToKeyGroup(table, ref, SERVICE);
});
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

const aPort = () => randomInt(20_000, 30_000);
const group = () => `239.255.${randomInt(1, 250)}.${randomInt(1, 250)}`;
const put = async (keyNumber: number, validity: MskValidity = FULL_VALIDITY) => {
  const msk = new SecretKey(randomBytes(16));
  await putMsk(table, ref, { keyNumber, msk, validity });
  return msk;
};

/** Starts a sender of MTKs and SRTP to a group, and a UE that holds MSKs by other means. */
async function start(changes: Partial<StreamInput> = {}, self = 'one') {
  const events: TrafficEvent[] = [];
  const [address, mtkPort, rtpPort] = [group(), aPort(), aPort()];
  const input: StreamInput = {
    serviceId: SERVICE,
    keyGroup: `00f110/${ref.keyGroup.toString(16).padStart(4, '0')}`,
    mtks: { address, port: mtkPort },
    srtp: { from: { address: LOOPBACK, port: rtpPort }, to: { address, port: mtkPort + 1 } },
    interface: LOOPBACK,
    repeatSeconds: 0.1,
    announceSeconds: 0.3,
    changeSeconds: 1,
    lookSeconds: 0.1,
    patienceSeconds: 0.5,
    ...changes,
  };
  const settings = trafficStreamOf(v.parse(stream, input));
  const asked: string[] = [];
  const bus = {
    eventBusName: 'bus',
    eventBridge: {
      send: async ({ input: { Entries } }: { input: { Entries: { DetailType: string }[] } }) => {
        asked.push(...Entries.map(({ DetailType }) => DetailType));
        return { Entries: Entries.map(() => ({ EventId: '1' })) };
      },
    },
  };
  const sender = await TrafficSender.open(settings, {
    store: table,
    // A bus that is a list: what is asked for is all that counts here.
    bus: bus as never,
    self,
    elapsed: () => performance.now(),
    randomOctets: (length) => randomBytes(length),
    onEvent: (event) => events.push(event),
  });
  open.push(sender);
  return { sender, settings, input, events, asked, rtpPort };
}

async function startUe({ settings }: Awaited<ReturnType<typeof start>>) {
  const ring = new KeyRing();
  const mikey = new MikeyReceiver(ring);
  const [played, kinds] = [[] as number[], [] as string[]];
  const receive = (octets: Uint8Array) => {
    const message = mikey.receive(octets);
    kinds.push(message.kind);
    return message;
  };
  const receiver = await TrafficReceiver.open(
    { receive },
    {
      mtks: settings.mtks,
      srtp: settings.srtp?.to ?? settings.mtks,
      interface: LOOPBACK,
      mkiForm: settings.mkiForm,
      onRtp: (rtp) => played.push(Buffer.from(rtp).readUInt16BE(2)),
    },
  );
  open.push(receiver);
  const hold = (keyNumber: number, msk: SecretKey, validity = FULL_VALIDITY) => {
    const mskId = { keyGroup: ref.keyGroup, keyNumber };
    ring.put({ keyDomainId: DOMAIN, mskId, msk, validity, rand: randOfMsk(DOMAIN, mskId, msk) });
  };
  return { receiver, played, kinds, hold };
}

/** Sends RTP packets every few ms until it is stopped; returns how many. */
async function feed(port: number) {
  const to = { address: LOOPBACK, port };
  const socket: GroupSocket = await openSender(to);
  let sequence = 0;
  const timer = setInterval(() => {
    const rtp = Buffer.alloc(112, 0xab);
    rtp[0] = 0x80;
    rtp.writeUInt16BE(sequence++, 2);
    rtp.writeUInt32BE(0x1234, 8);
    socket.send(rtp, to);
  }, 5);
  open.push({
    close: async () => {
      clearInterval(timer);
      await socket.close();
    },
  });
  return () => sequence;
}
const kindsOf = (events: readonly TrafficEvent[]) => events.map(({ kind }) => kind);
const inUse = (events: readonly TrafficEvent[]) =>
  kindsOf(events).filter((kind) => kind === 'mtk-in-use').length;

test('a UE plays through changes of the MTK and a rotation of the MSK, and loses nothing', async () => {
  const first = await put(1);
  const sending = await start();
  const ue = await startUe(sending);
  ue.hold(1, first);
  await feed(sending.rtpPort);
  await vi.waitFor(() => expect(inUse(sending.events)).toBeGreaterThanOrEqual(2), 10_000);
  const msk = new SecretKey(randomBytes(16));
  const request = { request: 'r', msk, validity: FULL_VALIDITY, now: Date.now(), leadTimeMs: 1000 };
  await prepareMsk(table, ref, request);
  ue.hold(2, msk);
  await delay(500);
  await activateMsk(table, ref, 2);
  await vi.waitFor(() => {
    const under = sending.events.filter((event) => 'mskId' in event && event.mskId?.endsWith('0002'));
    expect(inUse(under)).toBeGreaterThanOrEqual(1);
  }, 10_000);
  await delay(400);
  const { played } = ue;
  const [begin = 0] = played;
  expect(played.length).toBeGreaterThan(200);
  expect(played).toEqual(played.map((_, index) => begin + index));
  expect(ue.receiver.unopened).toEqual({});
  expect(ue.kinds).not.toContain('refused');
}, 40_000);

test('UEs that hold only the present or only the next MSK both play while both are live', async () => {
  const first = await put(1);
  const sending = await start();
  const [old, young, none] = [await startUe(sending), await startUe(sending), await startUe(sending)];
  old.hold(1, first);
  await feed(sending.rtpPort);
  const msk = new SecretKey(randomBytes(16));
  const request = { request: 'r', msk, validity: FULL_VALIDITY, now: Date.now(), leadTimeMs: 1000 };
  await prepareMsk(table, ref, request);
  young.hold(2, msk);
  await vi.waitFor(() => {
    expect(old.played.length).toBeGreaterThan(100);
    expect(young.played.length).toBeGreaterThan(100);
  }, 10_000);
  expect(none.played).toEqual([]);
  expect(none.receiver.unopened['unknown-mki']).toBeGreaterThan(100);
}, 30_000);

test('a UE whose MSK is revoked stops; one that holds the next plays on', async () => {
  const first = await put(1);
  const sending = await start({ changeSeconds: 60 });
  const [revoked, other] = [await startUe(sending), await startUe(sending)];
  for (const ue of [revoked, other]) ue.hold(1, first);
  await feed(sending.rtpPort);
  await vi.waitFor(() => expect(revoked.played.length).toBeGreaterThan(50), 10_000);
  const replacement = new SecretKey(randomBytes(16));
  await revokeMsk(table, ref, 1, { msk: replacement, validity: FULL_VALIDITY });
  other.hold(2, replacement);
  await vi.waitFor(() => expect(inUse(sending.events)).toBe(2), 10_000);
  await delay(100);
  const stoppedAt = revoked.played.length;
  await vi.waitFor(() => expect(other.played.length).toBeGreaterThan(stoppedAt + 50), 10_000);
  expect(revoked.played.length).toBe(stoppedAt);
  expect(other.played).toEqual(other.played.map((_, index) => (other.played[0] ?? 0) + index));
}, 30_000);

test('of two instances one sends; the other goes on when it is gone, with later MTK IDs', async () => {
  const msk = await put(1);
  const one = await start({ changeSeconds: 60 });
  const ue = await startUe(one);
  ue.hold(1, msk);
  await vi.waitFor(() => expect(inUse(one.events)).toBe(1), 10_000);
  const other = await start({ changeSeconds: 60, mtks: one.settings.mtks, srtp: undefined }, 'other');
  await delay(1500);
  expect(kindsOf(other.events)).toEqual([]);
  await one.sender.close();
  open.splice(open.indexOf(one.sender), 1);
  await vi.waitFor(() => expect(inUse(other.events)).toBe(1), 10_000);
  expect(kindsOf(other.events)[0]).toBe('turn-taken');
  expect(other.events.at(-1)).toMatchObject({ mtkId: 1 });
  expect(new Set(ue.kinds)).toEqual(new Set(['mtk', 'mtk-repeated']));
}, 30_000);

test('an instance that finds another in its turn stops', async () => {
  await put(1);
  const { events, settings } = await start();
  await vi.waitFor(() => expect(inUse(events)).toBe(1), 10_000);
  const { loadTurn, takeTurn } = await import('../../lib/store/traffic/turn.ts');
  const { nameOfStream } = await import('../../lib/traffic/stream.ts');
  const name = nameOfStream(settings);
  await vi.waitFor(async () => {
    expect(await takeTurn(table, name, 'thief', await loadTurn(table, name))).toBe(true);
    expect(kindsOf(events)).toContain('turn-lost');
  }, 10_000);
}, 30_000);

test('a range that ends asks for a rotation', async () => {
  await put(1, { seql: 0, sequ: 1 });
  const { asked, events } = await start({ lowMtkIds: 1 });
  await vi.waitFor(() => expect(kindsOf(events)).toContain('range-spent'), 10_000);
  expect(asked).toEqual(['Rotate MSK', 'Rotate MSK', 'Rotate MSK']);
}, 30_000);

test('an encoder gets MTKs over a local socket that is its user’s alone, and is told to stop', async () => {
  const msk = await put(1);
  const handOver = join(folder, 'news.sock');
  const sending = await start({ handOver, srtp: undefined });
  const ue = await startUe(sending);
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
  await revokeMsk(table, ref, 1, { msk: new SecretKey(randomBytes(16)), validity: FULL_VALIDITY });
  await vi.waitFor(
    () => expect(told.at(-1)).toMatchObject({ state: 'use', mskId: expect.stringMatching(/0002$/) }),
    10_000,
  );
  encoder.destroy();
  await sending.sender.close();
  open.splice(open.indexOf(sending.sender), 1);
  expect(existsSync(handOver)).toBe(false);
}, 30_000);

test('a stream that is exported keeps what is announced and in use, and one that is not keeps nothing', async () => {
  await put(1);
  const exported = await start({ export: true, srtp: undefined });
  const name = nameOfStream(exported.settings);
  await vi.waitFor(
    async () =>
      expect(await loadKeptMtks(table, name)).toMatchObject({ inUse: { mtkId: 1 }, announced: { mtkId: 2 } }),
    10_000,
  );
  await exported.sender.close();
  open.splice(open.indexOf(exported.sender), 1);
  ref = { ...ref, keyGroup: ref.keyGroup + 0x8000 };
  await addServiceToKeyGroup(table, ref, SERVICE);
  await put(1);
  const { events, settings } = await start({ srtp: undefined });
  await vi.waitFor(() => expect(events.some(({ kind }) => kind === 'mtk-in-use')).toBe(true), 10_000);
  expect(await loadKeptMtks(table, nameOfStream(settings))).toEqual({
    inUse: undefined,
    announced: undefined,
  });
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
});
