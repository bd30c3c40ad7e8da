import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { SENDER_VARIABLE } from '../../../functions/environment-variables.ts';
import { cancelPush } from '../../../lib/store/ledger/cancel-push.ts';
import { loadPush } from '../../../lib/store/ledger/push.ts';
import { blockSubscriber } from '../../../lib/store/registration/block.ts';
import {
  completed,
  expectEmptied,
  ledgerOf,
  messagesTo,
  PUSH_ALL,
  type Pushing,
  reached,
  startPushing,
  UES,
} from '../pushing.ts';

// What operators stop while it is under way: a push, and a subscriber.

let bmsc: Pushing;
beforeAll(async () => {
  bmsc = await startPushing();
});
afterEach(() => bmsc.reset());
afterAll(() => bmsc?.close());

const cancel = (pushId: string) => cancelPush(bmsc.store, pushId, { now: Date.now(), id: 'one' });

test('a push that is cancelled stops at all senders, is completed, and the ledger has who was sent it', async () => {
  for (let sender = 0; sender < 2; sender++) await bmsc.start();
  // A hundred a second of each sender: 600 UEs would take three seconds and more.
  const pushId = await bmsc.ask('Push MSK', { ...PUSH_ALL, pacing: { perSecond: 100 } });
  await expect.poll(() => reached(bmsc), { timeout: 10_000, interval: 10 }).toBeGreaterThan(20);
  expect(await cancel(pushId)).toBe('cancelled');
  expect(await cancel(pushId)).toBe('cancelled');
  await completed(bmsc, pushId).toBeDefined();
  const { verified, failed } = await ledgerOf(bmsc, pushId);
  const sent = bmsc.joined.filter((ue) => messagesTo(ue) > 0).map(({ impi }) => String(impi));
  expect(sent.length).toBeLessThan(UES);
  expect(verified.toSorted()).toEqual(sent.toSorted());
  expect(failed.filter((impi) => sent.includes(impi))).toEqual([]);
  const { failed: reasons } = bmsc.eventsOf('MSK Push Completed', pushId)[0] ?? {};
  expect(Object.keys(Object(reasons))).toEqual(['cancelled']);
  await expectEmptied(bmsc);
  expect(await loadPush(bmsc.store, pushId)).toMatchObject({ cancelledAt: expect.any(Number) });
  expect(await cancel(pushId)).toBe('completed');
  expect(await cancel('none')).toBe('unknown');
});

test('UEs that were sent a message of a cancelled push and did not answer are not called cancelled', async () => {
  for (const { impi } of bmsc.joined) bmsc.asleep.add(impi);
  await bmsc.start();
  const [first] = bmsc.joined;
  if (first === undefined) throw new Error('there are UEs');
  const target = { ues: [first.impi] };
  const pushId = await bmsc.ask('Push MSK', { ...PUSH_ALL, target });
  await expect.poll(() => messagesTo(first), { timeout: 10_000, interval: 10 }).toBe(1);
  await cancel(pushId);
  await completed(bmsc, pushId).toMatchObject({ verified: 0, failed: { 'not-verified': 1 } });
});

test('a page that is taken up after its push was cancelled sends nothing', async () => {
  const spread = { ...PUSH_ALL, pacing: { spreadSeconds: 0 } };
  const pushId = await bmsc.ask('Push MSK', spread, 'cancelled-between-senders');
  const sender = await bmsc.start({ [SENDER_VARIABLE.pageUes]: '50' });
  await expect.poll(() => loadPush(bmsc.store, pushId), { timeout: 10_000, interval: 5 }).toBeDefined();
  await sender.stop();
  const before = reached(bmsc);
  if ((await cancel(pushId)) === 'completed') return;
  for (const ue of bmsc.joined) ue.messages.length = 0;
  await bmsc.start();
  await completed(bmsc, pushId).toBeDefined();
  expect(reached(bmsc)).toBe(0);
  expect(before).toBeLessThan(UES);
});

test('subscribers that are blocked get nothing of what a sender has in hand, the others do', async () => {
  await bmsc.start();
  const ues = bmsc.joined.slice(0, 30).map(({ impi }) => impi);
  const blocked = ues.slice(20);
  // The last ten have their turn after three seconds.
  const pushId = await bmsc.ask('Push MSK', { ...PUSH_ALL, target: { ues }, pacing: { perSecond: 6 } });
  await expect.poll(() => reached(bmsc), { timeout: 10_000, interval: 10 }).toBeGreaterThan(0);
  await Promise.all(blocked.map((impi) => blockSubscriber(bmsc.store, impi, Date.now())));
  await completed(bmsc, pushId).toMatchObject({ verified: 20, failed: { blocked: 10 } });
  expect((await ledgerOf(bmsc, pushId)).failed.toSorted()).toEqual(blocked.toSorted());
  expect(reached(bmsc)).toBe(20);
  const again = await bmsc.ask('Push MSK', { ...PUSH_ALL, target: { ues } });
  await completed(bmsc, again).toMatchObject({ verified: 20, failed: { blocked: 10 } });
  const all = await bmsc.ask('Push MSK', PUSH_ALL);
  await completed(bmsc, all).toMatchObject({ verified: UES - 10, failed: {} });
});
