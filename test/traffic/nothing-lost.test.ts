import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import type { SecretKey } from '../../lib/keys/secret-key.ts';
import { decodeMikeyMessage } from '../../lib/mikey/index.ts';
import { inUse, type Sending, TrafficBed } from './traffic-bed.ts';

let bed: TrafficBed;
beforeAll(async () => {
  bed = await TrafficBed.begin();
});
afterAll(() => bed.table.close());
beforeEach(() => bed.next());
afterEach(() => bed.closeAll());

/** `all` are whole numbers without a gap, or the first that is not above the one before by 1. */
const gapIn = (all: readonly number[]) => all.find((each, at) => at > 0 && each !== (all[at - 1] ?? 0) + 1);
const mtkIdOf = (octets: Uint8Array) => decodeMikeyMessage(octets).keyIds.mtkId ?? -1;

/** A UE in a process of its own, which may stand still. */
class UeProcess {
  readonly played: number[] = [];
  readonly child: ChildProcess;
  readonly #ended: Promise<unknown>;
  #counts = '';

  constructor({ settings }: Sending, msk: SecretKey) {
    const program = join(import.meta.dirname, 'ue-process.ts');
    const { address, port } = settings.mtks;
    const octets = Buffer.from(msk.exposeOctets()).toString('hex');
    const args = [program, address, String(port), String(bed.ref.keyGroup), octets];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    this.child = child;
    this.#ended = once(child, 'close');
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (/^[0-9]+$/.test(line)) this.played.push(Number(line));
      else this.#counts = line;
    });
  }

  /** Ends it. @returns packets that waited for their MTK, and those that it could not open */
  async close(): Promise<{ late: number; unopened: object }> {
    this.child.kill('SIGTERM');
    await this.#ended;
    return JSON.parse(this.#counts);
  }
}

test('a UE that stands still for longer than MTKs are announced plays everything afterwards', async () => {
  const msk = await bed.put(1);
  const sending = await bed.start();
  const ue = new UeProcess(sending, msk);
  await bed.feed(sending.rtpPort);
  await vi.waitFor(() => expect(ue.played.length).toBeGreaterThan(50), 10_000);
  for (let stall = 0; stall < 3; stall++) {
    const before = inUse(sending.events);
    ue.child.kill('SIGSTOP');
    await vi.waitFor(() => expect(inUse(sending.events)).toBe(before + 2), 10_000);
    ue.child.kill('SIGCONT');
    await delay(300);
  }
  await delay(300);
  const { unopened } = await ue.close();
  expect(gapIn(ue.played)).toBeUndefined();
  expect(ue.played.length).toBeGreaterThan(600);
  expect(unopened).toEqual({});
}, 40_000);

test('one MTK message that is lost costs nothing: each goes out twice before the MTK is used', async () => {
  const msk = await bed.put(1);
  const sending = await bed.start();
  const lost = new Set<number>();
  const ue = await bed.startUe(sending, (octets) => {
    const id = mtkIdOf(octets);
    return !lost.has(id) && lost.add(id).size > 0;
  });
  ue.hold(1, msk);
  await bed.feed(sending.rtpPort);
  await vi.waitFor(() => expect(inUse(sending.events)).toBeGreaterThanOrEqual(4), 15_000);
  await delay(100);
  expect(lost.size).toBeGreaterThanOrEqual(4);
  expect(gapIn(ue.played)).toBeUndefined();
  expect(ue.receiver.late).toBe(0);
}, 30_000);

test('when all messages of an MTK are lost until it is in use, packets wait for the next repetition', async () => {
  const msk = await bed.put(1);
  const sending = await bed.start({ changeSeconds: 2 });
  const usedAt = new Map<number, number>();
  const ue = await bed.startUe(sending, (octets) => {
    const id = mtkIdOf(octets);
    const isUsed = sending.events.some((event) => event.kind === 'mtk-in-use' && event.mtkId === id);
    if (isUsed && !usedAt.has(id)) usedAt.set(id, Date.now());
    return id > 0 && Date.now() - (usedAt.get(id) ?? Number.POSITIVE_INFINITY) < 250;
  });
  ue.hold(1, msk);
  await bed.feed(sending.rtpPort);
  await vi.waitFor(() => expect(ue.receiver.late).toBeGreaterThan(30), 15_000);
  await delay(300);
  expect(gapIn(ue.played)).toBeUndefined();
  expect(ue.receiver.unopened).toEqual({});
}, 30_000);

test('a UE that joins between an MTK and its content plays from the first packet that it received on', async () => {
  const msk = await bed.put(1);
  const sending = await bed.start({ changeSeconds: 60, repeatSeconds: 0.8, announceSeconds: 0.8 });
  await bed.feed(sending.rtpPort);
  await vi.waitFor(() => expect(inUse(sending.events)).toBe(1), 10_000);
  await delay(100);
  const ue = await bed.startUe(sending);
  ue.hold(1, msk);
  await vi.waitFor(() => expect(ue.played.length).toBeGreaterThan(100), 10_000);
  expect(ue.receiver.late).toBeGreaterThan(0);
  expect(gapIn(ue.played)).toBeUndefined();
  expect(ue.receiver.unopened).toEqual({});
}, 30_000);

test('a UE keeps packets for a bounded time', async () => {
  const msk = await bed.put(1);
  const sending = await bed.start();
  const ue = await bed.startUe(sending, undefined, 200);
  await bed.feed(sending.rtpPort);
  await vi.waitFor(() => expect(ue.receiver.unopened['unknown-mki']).toBeGreaterThan(150), 15_000);
  ue.hold(1, msk);
  await vi.waitFor(() => expect(ue.played.length).toBeGreaterThan(100), 10_000);
  expect(ue.receiver.unopened['unknown-mki']).toBeGreaterThan(100);
  expect(ue.receiver.late).toBeLessThan(100);
  expect(gapIn(ue.played)).toBeUndefined();
}, 30_000);

test('while the table is away a UE that joins plays, and so does one that is there', async () => {
  const msk = await bed.put(1);
  let isAway = false;
  bed.table.dynamodb.middlewareStack.add(
    (next) => (args) => {
      if (isAway) throw new Error('the table is away');
      return next(args);
    },
    { step: 'initialize', name: 'away' },
  );
  const sending = await bed.start({ changeSeconds: 60 });
  const there = await bed.startUe(sending);
  there.hold(1, msk);
  await bed.feed(sending.rtpPort);
  await vi.waitFor(() => expect(there.played.length).toBeGreaterThan(0), 10_000);
  isAway = true;
  await vi.waitFor(() => expect(sending.events.at(-1)?.kind).toBe('failed'), 10_000);
  const joins = await bed.startUe(sending);
  joins.hold(1, msk);
  await vi.waitFor(() => expect(joins.played.length).toBeGreaterThan(100), 5000);
  isAway = false;
  bed.table.dynamodb.middlewareStack.remove('away');
  for (const { played } of [there, joins]) expect(gapIn(played)).toBeUndefined();
  expect(inUse(sending.events)).toBe(1);
}, 30_000);
