import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { routesOf } from '../../../cli/console/api.ts';
import type { ConsoleServer } from '../../../cli/console/server.ts';
import { type DeployedBmsc, findBmsc } from '../../../cli/stack.ts';
import { EXACT_BELOW } from '../../../lib/inventory/services.ts';
import { REGISTRATION_SHARDS } from '../../../lib/store/registration/shards.ts';
import type { LocalSystem } from '../../../local/system.ts';
import { DOMAIN, NEWS } from '../../distribution/population.ts';
import { startTestSystem } from '../../local-system.ts';
import { type Bed, fillBed } from './bed.ts';
import { openConsole, send, sessionOf } from './http.ts';
import { addLargePush, addRegistrationsOf } from './large.ts';

// How much of the table a page reads: as much for many UEs as for few.

const FEW = EXACT_BELOW + 2000;
const MANY = 3 * FEW;

let system: LocalSystem;
let bed: Bed;
let bmsc: DeployedBmsc;
let served: ConsoleServer;
let session: string;
/** Calls of the table, and items that it gave. */
const read = { calls: 0, items: 0 };
/** Counts of registrations, and how long each takes beside. */
const counts = { begun: 0, ended: 0, eachMs: 0 };

beforeAll(async () => {
  system = await startTestSystem();
  bed = await fillBed(system, 10);
  bmsc = await findBmsc({ stack: system.stackName, endpointUrl: system.endpointUrl, local: true });
  // Before the first call of this client.
  bmsc.store.dynamodb.middlewareStack.add(
    (next) => async (args) => {
      const isCount = 'Select' in args.input && args.input.Select === 'COUNT';
      if (isCount) counts.begun += 1;
      if (isCount) await delay(counts.eachMs);
      const answer = await next(args);
      const { Count, Items, Responses } = answer.output as {
        Count?: number;
        Items?: unknown[];
        Responses?: object;
      };
      const inBatches = Object.values(Responses ?? {}).flat().length;
      if (isCount) counts.ended += 1;
      read.calls += 1;
      read.items += Count ?? Items?.length ?? (inBatches || 1);
      return answer;
    },
    { step: 'initialize' },
  );
  served = await openConsole({}, routesOf(bmsc, { endpoint: system.endpointUrl, isReadOnly: false }));
  session = await sessionOf(served);
}, 60_000);
afterAll(async () => {
  await served?.close();
  await bed?.close();
  await system?.close();
});

async function readsOf(path: string): Promise<{ calls: number; items: number }> {
  Object.assign(read, { calls: 0, items: 0 });
  expect(await send(served, 'GET', path, { session })).toMatchObject({ status: 200 });
  return { ...read };
}

test('no page reads more for many UEs than for few', async () => {
  const pathsOf = (pushId: string) => [
    '/api/overview',
    '/api/pushes',
    `/api/pushes/${pushId}`,
    '/api/services',
    '/api/key-groups',
    `/api/key-groups/${DOMAIN}/0010`,
    `/api/subscribers/${bed.ues[0]?.impi}`,
    '/api/rotations',
  ];
  const readAll = async (pushId: string) => {
    const reads = [];
    for (const path of pathsOf(pushId)) reads.push(await readsOf(path));
    return reads;
  };
  await addRegistrationsOf(bed.bmsc, 10, FEW);
  const few = await readAll(await addLargePush(bed.bmsc, FEW));
  await addRegistrationsOf(bed.bmsc, FEW, MANY);
  const many = await readAll(await addLargePush(bed.bmsc, MANY));
  const paths = pathsOf('…');
  for (const [index, path] of paths.entries()) {
    const [before, after] = [few[index] ?? read, many[index] ?? read];
    // One push more is in the lists. Of a User Service's UEs the first shard is counted.
    const counted = Math.ceil(((MANY - FEW) / REGISTRATION_SHARDS) * 1.3);
    expect(after.calls, path).toBeLessThanOrEqual(before.calls + 4);
    expect(after.items, path).toBeLessThanOrEqual(before.items + counted);
  }
}, 120_000);

test('pages of who lacks an MSK are cut from one reading, and are whole', async () => {
  const path = (from: number, show: string) => `/api/holders/${DOMAIN}/00100001?show=${show}&from=${from}`;
  const view = async (from: number, show = 'missing') => {
    const { text } = await send(served, 'GET', path(from, show), { session });
    return JSON.parse(text).result as { rows: { impi: string; state: string }[]; of: number } | undefined;
  };
  await expect.poll(() => view(0), { timeout: 60_000 }).toBeDefined();
  const seen: string[] = [];
  const { of = 0 } = (await view(0)) ?? {};
  expect(of).toBeGreaterThan(100);
  Object.assign(read, { calls: 0, items: 0 });
  for (let from = 0; from < of; from += 50) {
    const { rows = [] } = (await view(from)) ?? {};
    expect(rows).toHaveLength(Math.min(50, of - from));
    seen.push(...rows.map(({ impi }) => impi));
  }
  expect(new Set(seen).size).toBe(of);
  expect((await view(of))?.rows).toEqual([]);
  // The Key Group is looked up for each page, and no UE.
  expect(read.items).toBeLessThan(10 * Math.ceil(of / 50 + 1));
}, 120_000);

test('a count that takes long is not waited for, and is on the page when it is there', async () => {
  Object.assign(counts, { begun: 0, ended: 0, eachMs: 3000 });
  const facts = { endpoint: system.endpointUrl, isReadOnly: false };
  const other = await openConsole({}, routesOf(bmsc, facts));
  const own = await sessionOf(other);
  const registered = async () => {
    const { text } = await send(other, 'GET', '/api/services', { session: own });
    const { rows } = JSON.parse(text) as { rows: { serviceId: string; registered?: number }[] };
    return rows.find(({ serviceId }) => serviceId === NEWS)?.registered;
  };
  expect(await registered()).toBeUndefined();
  expect(counts.begun).toBeGreaterThan(0);
  expect(counts.ended).toBe(0);
  const { begun } = counts;
  // Whoever looks again meanwhile begins no other count.
  expect(await registered()).toBeUndefined();
  expect(counts.begun).toBe(begun);
  await expect.poll(registered, { timeout: 60_000, interval: 500 }).toBeGreaterThan(EXACT_BELOW);
  await other.close();
}, 90_000);
