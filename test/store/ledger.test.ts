import { randomBytes } from 'node:crypto';
import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { CURRENT_KEY_NUMBER, mskId } from '../../lib/keys/msk-id.ts';
import { claimPage, releasePage } from '../../lib/store/ledger/page-claim.ts';
import {
  claimProgressReport,
  completePush,
  listPushesOfMsk,
  loadPush,
  type Push,
  type PushSource,
  putPush,
} from '../../lib/store/ledger/push.ts';
import { countPage, loadTotals } from '../../lib/store/ledger/push-chain.ts';
import { loadPages, type PageOutcome, putOutcome } from '../../lib/store/ledger/push-page.ts';
import { DOMAIN, GROUP, NEWS, SPORT } from '../distribution/population.ts';
import { startTable, type TestTable } from './table.ts';

const MSK_ID = mskId(GROUP.keyGroup, 1);
const NOW = Date.UTC(2026, 10, 24);
let table: TestTable;
let push: Push;

beforeAll(async () => {
  table = await startTable();
});
beforeEach(async () => {
  push = await putPush(
    table,
    aPush({
      kind: 'services',
      services: [
        { serviceId: NEWS, chains: 1 },
        { serviceId: SPORT, chains: 1 },
      ],
    }),
  );
});
afterAll(() => table.close());

function aPush(source: PushSource, pushId = randomBytes(8).toString('hex')): Push {
  return {
    pushId,
    kind: 'msk',
    keyDomainId: DOMAIN,
    mskId: MSK_ID,
    verification: undefined,
    pacing: { perSecond: 5 },
    source,
    correlationId: 'cause',
    startedAt: NOW,
    expected: 10,
  };
}

const claimant = (sender: string, now: number) => ({ sender, now, leaseMs: 1000, startedAt: NOW });
const page = (number: number, chain = 0) => ({ pushId: push.pushId, chain, page: number });
const verified = (...impis: string[]): PageOutcome => ({ verified: impis, sent: [], failed: {} });

test('a push is recorded once: a repetition gets the first one', async () => {
  const again = await putPush(table, { ...push, expected: 99, startedAt: NOW + 1 });
  expect(again).toEqual(push);
  expect(await loadPush(table, push.pushId)).toEqual(push);
  expect((await listPushesOfMsk(table, DOMAIN, MSK_ID)).filter((id) => id === push.pushId)).toHaveLength(1);
  expect(await loadPush(table, 'unknown')).toBeUndefined();
});

test('the pushes of an MSK are listed with the latest first, and solicited pulls apart', async () => {
  const later = await putPush(table, { ...aPush({ kind: 'listed', ues: [] }), startedAt: NOW + 60_000 });
  const ids = await listPushesOfMsk(table, DOMAIN, MSK_ID);
  expect(ids[0]).toBe(later.pushId);
  expect(await listPushesOfMsk(table, DOMAIN, mskId(GROUP.keyGroup, CURRENT_KEY_NUMBER))).toEqual([]);
});

test('a page belongs to the one who claimed it, until the claim runs out or is given up', async () => {
  expect(await claimPage(table, page(0), 'end', claimant('one', NOW))).toMatchObject({
    kind: 'mine',
    end: 'end',
  });
  const held = { kind: 'held', until: NOW + 1000 };
  expect(await claimPage(table, page(0), 'end', claimant('two', NOW + 10))).toEqual(held);
  expect(await claimPage(table, page(0), 'end', claimant('one', NOW + 20))).toEqual(held);
  // Whoever takes it over has the bounds of the first claim, even where other UEs are registered now.
  expect(await claimPage(table, page(0), 'elsewhere', claimant('two', NOW + 1001))).toMatchObject({
    kind: 'mine',
    end: 'end',
  });
  await releasePage(table, page(0), 'one');
  expect((await claimPage(table, page(0), 'end', claimant('three', NOW + 1100))).kind).toBe('held');
  await releasePage(table, page(0), 'two');
  expect(await claimPage(table, page(0), undefined, claimant('three', NOW + 1100))).toMatchObject({
    kind: 'mine',
    end: 'end',
  });
});

test('one of many concurrent claimants has a page, also when an earlier claim has expired', async () => {
  for (const now of [NOW, NOW + 5000]) {
    const claims = await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        claimPage(table, page(1), undefined, claimant(`${index}`, now)),
      ),
    );
    expect(claims.filter(({ kind }) => kind === 'mine')).toHaveLength(1);
  }
});

test('the outcome of a page is written once, and a later claimant receives it', async () => {
  const failed = { 'not-verified': ['b@home1.net'], 'no-address': ['c@home1.net'] };
  const outcome = { ...verified('a@home1.net'), failed };
  await claimPage(table, page(0), 'end', claimant('one', NOW));
  expect(await putOutcome(table, page(0), outcome)).toEqual(outcome);
  expect(await putOutcome(table, page(0), verified('other@home1.net'))).toEqual(outcome);
  await releasePage(table, page(0), 'one');
  expect(await claimPage(table, page(0), 'end', claimant('two', NOW + 5000))).toEqual({
    kind: 'done',
    page: { ...page(0), end: 'end', outcome },
  });
  expect(await loadPages(table, push.pushId, 0, { limit: 10 })).toEqual([
    { ...page(0), end: 'end', outcome },
  ]);
  expect(await loadPages(table, push.pushId, 0, { after: 0, limit: 10 })).toEqual([]);
});

test('a page counts once, and a push is completed when every chain has all its pages', async () => {
  const outcome = { verified: ['a', 'b'], sent: ['c'], failed: { 'not-verified': ['d'] } };
  const count = (number: number, end: string | undefined, chain = 0) =>
    countPage(table, { ...page(number, chain), end }, outcome, NOW);
  const counted = await Promise.all(Array.from({ length: 5 }, () => count(2, undefined)));
  expect(counted).toEqual([false, false, false, false, false]);
  expect(await loadTotals(table, push)).toEqual({
    verified: 2,
    sent: 1,
    failed: { 'not-verified': 1 },
    isComplete: false,
  });
  expect(await count(0, 'x')).toBe(false);
  expect(await count(1, 'y')).toBe(true);
  expect(await count(1, 'y')).toBe(true);
  expect((await loadTotals(table, push)).isComplete).toBe(false);
  expect(await countPage(table, { ...page(0, 1), end: undefined }, verified(), NOW)).toBe(true);
  expect(await loadTotals(table, push)).toEqual({
    verified: 6,
    sent: 3,
    failed: { 'not-verified': 3 },
    isComplete: true,
  });
});

test('a push without chains is completed from the beginning', async () => {
  expect(await loadTotals(table, aPush({ kind: 'services', services: [] }))).toMatchObject({
    isComplete: true,
  });
});

test('a push is completed at the time of the first call, and then reports no progress', async () => {
  const turns = await Promise.all([1, 2, 3].map(() => claimProgressReport(table, push.pushId, NOW, 2000)));
  expect(turns.filter(Boolean)).toHaveLength(1);
  expect(await claimProgressReport(table, push.pushId, NOW + 1999, 2000)).toBe(false);
  expect(await claimProgressReport(table, push.pushId, NOW + 2001, 2000)).toBe(true);
  expect(await completePush(table, push.pushId, NOW + 3000)).toBe(NOW + 3000);
  expect(await completePush(table, push.pushId, NOW + 9000)).toBe(NOW + 3000);
  expect(await claimProgressReport(table, push.pushId, NOW + 9000, 2000)).toBe(false);
  expect((await loadPush(table, push.pushId))?.completedAt).toBe(NOW + 3000);
});

test('the outcome of a page of 2000 UEs is far from the 400 kB of an item, and all of the ledger has its time to live', async () => {
  const impis = Array.from(
    { length: 2000 },
    () =>
      `${BigInt(`0x${randomBytes(7).toString('hex')}`)
        .toString()
        .padStart(15, '0')
        .slice(-15)}@ims.mnc001.mcc001.3gppnetwork.org`,
  );
  await claimPage(table, page(7), undefined, claimant('one', NOW));
  await putOutcome(table, page(7), {
    verified: impis.slice(0, 1000),
    sent: [],
    failed: { 'not-verified': impis.slice(1000) },
  });
  await countPage(table, { ...page(7), end: undefined }, verified(...impis), NOW);
  const { Items = [] } = await table.dynamodb.send(new ScanCommand({ TableName: table.tableName }));
  const octets = Items.map(({ outcome }) => outcome?.B?.length ?? 0);
  expect(Math.max(...octets)).toBeGreaterThan(5000);
  expect(Math.max(...octets)).toBeLessThan(50_000);
  const ledger = Items.filter(({ pk }) => /^(PUSH|ANSWERS)/.test(pk?.S ?? ''));
  // The one page that was never claimed has no time to live: only tests write such.
  const mortal = ledger.filter(
    ({ ttl, heldBy, outcome }) => ttl === undefined && (heldBy !== undefined || outcome === undefined),
  );
  expect(mortal).toEqual([]);
});
