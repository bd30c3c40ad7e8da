import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { formatMskId } from '../../lib/keys/msk-id.ts';
import { mtkRangeKey } from '../../lib/store/item-keys.ts';
import { getItem } from '../../lib/store/table.ts';
import { endMtkRange, reserveMtkNumbers } from '../../lib/store/traffic/mtk-range.ts';
import { loadTurn, takeTurn } from '../../lib/store/traffic/turn.ts';
import { TurnTaking } from '../../lib/traffic/turn-taking.ts';
import { beforeNext, startTable, type TestTable } from '../store/table.ts';
import { aMsk } from './msks.ts';

let table: TestTable;
beforeAll(async () => {
  table = await startTable();
});
afterAll(() => table.close());

/** Runs a sender, kills it `aliveMs` after its first message, and returns what it sent. */
async function life(aliveMs: number): Promise<string[]> {
  const program = join(import.meta.dirname, 'key-process.ts');
  const child = spawn(process.execPath, [program, table.endpointUrl, table.tableName], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  const ended = once(child, 'close');
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  await once(child.stdout, 'data');
  await delay(aliveMs);
  child.kill('SIGKILL');
  await ended;
  return text.split('\n').slice(0, -1);
}

test('over 20 kills of senders, two at a time, no MTK ID has two MTKs and no counter comes twice', async () => {
  const lines: string[] = [];
  const lives = Array.from({ length: 2 }, async (_, which) => {
    for (let kill = 0; kill < 10; kill++) lines.push(...(await life(20 + 13 * which + 7 * kill)));
  });
  await Promise.all(lives);
  const digests = new Map<string, string>();
  const counters = new Set<string>();
  for (const line of lines) {
    const [mtkId = '', counter = '', digest = ''] = line.split(' ');
    expect(digests.get(mtkId) ?? digest).toBe(digest);
    digests.set(mtkId, digest);
    expect(counters.has(counter)).toBe(false);
    counters.add(counter);
  }
  expect(digests.size).toBeGreaterThanOrEqual(20);
}, 60_000);

test('those that take numbers at the same moment get different ones', async () => {
  const msk = aMsk(1);
  const take = () => reserveMtkNumbers(table, msk, { mtkIds: 1, counters: 4 });
  for (const first of [0, 2]) {
    let meanwhile: Awaited<ReturnType<typeof take>>;
    beforeNext(table, 'UpdateItemCommand', async () => {
      meanwhile = await take();
    });
    const own = await take();
    expect([meanwhile?.mtkId, own?.mtkId]).toEqual([first, first + 1]);
    expect([meanwhile?.counter, own?.counter]).toEqual([4 * first + 1, 4 * first + 5]);
  }
});

test('a range begins at SEQl and ends at SEQu; counters go on; another MSK of the same ID begins anew', async () => {
  const msk = aMsk(2, { seql: 7, sequ: 8 });
  const take = (mtkIds: number) => reserveMtkNumbers(table, msk, { mtkIds, counters: 2 });
  expect(await take(2)).toEqual({ mtkId: 7, counter: 1, mtkIdsLeft: 0 });
  expect(await take(1)).toBeUndefined();
  expect(await take(0)).toMatchObject({ counter: 3 });
  const lower = { ...msk, validity: { seql: 0, sequ: 9 } };
  expect(await reserveMtkNumbers(table, lower, { mtkIds: 1, counters: 1 })).toMatchObject({ mtkId: 9 });
  expect(await reserveMtkNumbers(table, aMsk(2), { mtkIds: 1, counters: 1 })).toMatchObject({
    mtkId: 0,
    counter: 1,
  });
});

test('the numbers of an MSK that left the table expire after 400 days, and go on if it comes back before', async () => {
  const msk = aMsk(3);
  const take = () => reserveMtkNumbers(table, msk, { mtkIds: 1, counters: 2 });
  const ttl = async () => {
    const rand = Buffer.from(msk.rand).toString('hex');
    const item = await getItem(table, mtkRangeKey(msk.keyDomainId, formatMskId(msk.mskId), rand));
    return item && Number(item.ttl?.N);
  };
  await endMtkRange(table, msk, 0);
  expect(await ttl()).toBeUndefined();
  await take();
  expect(await ttl()).toBeNaN();
  await endMtkRange(table, msk, 86_400_000);
  expect(await ttl()).toBe(401 * 86_400);
  expect(await take()).toMatchObject({ mtkId: 1, counter: 3 });
  expect(await ttl()).toBeNaN();
});

test('of two instances one sends; the other takes the turn when it hears nothing for its own patience', async () => {
  const [one, other] = [new TurnTaking('one', 3000), new TurnTaking('other', 3000)];
  const look = async (self: string, taking: TurnTaking, now: number) => {
    const turn = await loadTurn(table, 'service');
    return taking.wants(turn, now) && takeTurn(table, 'service', self, turn);
  };
  expect(await look('one', one, 0)).toBe(true);
  for (let now = 0; now <= 9000; now += 1000) {
    // The clocks of the two have nothing to do with each other.
    expect(await look('other', other, now + 1e9)).toBe(false);
    expect(await look('one', one, now)).toBe(true);
  }
  const taken: boolean[] = [];
  for (let now = 9000; now <= 13_000; now += 1000) taken.push(await look('other', other, now + 1e9));
  expect(taken).toEqual([false, false, false, true, true]);
  expect(await look('one', one, 14_000)).toBe(false);
});

test('of two that want the turn at the same moment one gets it', async () => {
  const turn = await loadTurn(table, 'contended');
  const taken = await Promise.all(['one', 'other'].map((self) => takeTurn(table, 'contended', self, turn)));
  expect(taken.filter(Boolean)).toHaveLength(1);
});
