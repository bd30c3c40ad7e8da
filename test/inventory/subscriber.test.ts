import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseImpi } from '../../lib/gba/impi.ts';
import { loadSubscriberOverview } from '../../lib/inventory/subscriber.ts';
import { mskId } from '../../lib/keys/msk-id.ts';
import { putAnswers } from '../../lib/store/ledger/answers.ts';
import { claimPage } from '../../lib/store/ledger/page-claim.ts';
import { type PushSource, putPush } from '../../lib/store/ledger/push.ts';
import { type PageOutcome, putOutcome } from '../../lib/store/ledger/push-page.ts';
import { putSubscription } from '../../lib/store/registration/subscriber.ts';
import { DOMAIN, GROUP, NEWS, populate, provisionServices, SPORT } from '../distribution/population.ts';
import { startTable, type TestTable } from '../store/table.ts';

// What a person who cares for a subscriber wants to know: what it may have, what it has, what went wrong.

let table: TestTable;
const ADDRESS = { address: '192.0.2.7', port: 2269 };
const NOW = Date.now();
beforeAll(async () => {
  table = await startTable();
  await provisionServices(table);
});
afterAll(() => table.close());

/** Records a push of the current MSK to all of NEWS, with one page that came out so. */
async function pushed(pushId: string, startedAt: number, outcome: PageOutcome): Promise<void> {
  const source: PushSource = { kind: 'services', services: [{ serviceId: NEWS, chains: 1 }] };
  await putPush(table, {
    pushId,
    kind: 'msk',
    keyDomainId: DOMAIN,
    mskId: mskId(GROUP.keyGroup, 1),
    verification: undefined,
    pacing: {},
    source,
    correlationId: 'c',
    startedAt,
    expected: 3,
  });
  const page = { pushId, chain: 0, page: 0 };
  const claimant = { sender: 's', now: startedAt, leaseMs: 1000, startedAt };
  await claimPage(table, page, undefined, claimant);
  await putOutcome(table, page, outcome);
}

test('nothing is known of a subscriber whom nobody has provisioned', async () => {
  expect(await loadSubscriberOverview(table, parseImpi('nobody@home1.net'), NOW)).toBeUndefined();
});

test('a subscriber has services, associations, and MSKs with what came of them', async () => {
  const [verified, failed, asked] = (await populate(table, 3, ADDRESS)).map(({ impi }) => impi);
  if (verified === undefined || failed === undefined || asked === undefined) throw new Error('three UEs');
  await putSubscription(table, failed, SPORT);
  await pushed('earlier', NOW - 2000, { verified: [verified], sent: [], failed: { 'no-address': [failed] } });
  const later = { 'not-verified': [verified, failed, asked] };
  await pushed('later', NOW - 1000, { verified: [], sent: [], failed: later });
  const answered = { verified: [asked], sent: [], failed: {} };
  const about = { keyDomainId: DOMAIN, mskId: mskId(GROUP.keyGroup, 1) };
  await putAnswers(table, about, answered, { now: NOW, id: 'a' });

  const overview = await loadSubscriberOverview(table, failed, NOW);
  expect(overview).toMatchObject({
    impi: failed,
    blockedAt: undefined,
    obstacle: undefined,
    services: [
      { serviceId: NEWS, exists: true, isSubscribed: true, isRegistered: true },
      { serviceId: SPORT, exists: true, isSubscribed: true, isRegistered: false },
    ],
    associations: [{ isCurrent: true, isExpired: false, ueAddress: ADDRESS, gbaType: 'GBA_ME' }],
  });
  expect(overview?.services[0]?.msks).toEqual([
    {
      keyDomainId: DOMAIN,
      mskId: '00100001',
      state: 'current',
      seql: 0,
      sequ: 65_535,
      holding: { state: 'not-verified', at: NOW - 1000, pushId: 'later' },
    },
  ]);
  expect(JSON.stringify(overview)).not.toMatch(/muk|mrk/i);
  const holdingOf = async (impi: typeof failed) =>
    (await loadSubscriberOverview(table, impi, NOW))?.services[0]?.msks[0]?.holding;
  // Once confirmed, an MSK is held, whatever comes later.
  expect(await holdingOf(verified)).toMatchObject({ state: 'verified', pushId: 'earlier' });
  expect(await holdingOf(asked)).toEqual({ state: 'verified', at: NOW, pushId: undefined });
});

test('what hinders every MSK is said: no association, an expired one, no address, no registration', async () => {
  const obstacleOf = async (impi: ReturnType<typeof parseImpi>, now = NOW) =>
    (await loadSubscriberOverview(table, impi, now))?.obstacle;
  const subscribed = parseImpi('subscribed@home1.net');
  await putSubscription(table, subscribed, NEWS);
  expect(await obstacleOf(subscribed)).toBe('no-association');
  const [ue] = await populate(table, 1, ADDRESS);
  expect(await obstacleOf(ue?.impi ?? subscribed, NOW + 7_200_000)).toBe('expired-association');
  await populate(table, 1, ADDRESS, { addressOf: () => undefined });
  expect(await obstacleOf(ue?.impi ?? subscribed)).toBe('no-address');
  await populate(table, 1, ADDRESS, { servicesOf: () => [] });
  expect(await obstacleOf(ue?.impi ?? subscribed)).toBe('not-registered');
});
