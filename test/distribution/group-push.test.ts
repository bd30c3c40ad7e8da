import { randomUUID } from 'node:crypto';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Sender } from '../../functions/key-distribution/sender.ts';
import { newEvent } from '../../lib/events/envelope.ts';
import type { SecretKey } from '../../lib/keys/secret-key.ts';
import { chainsOf, loadPush } from '../../lib/store/push.ts';
import { loadTotals } from '../../lib/store/push-chain.ts';
import { loadPages } from '../../lib/store/push-page.ts';
import { type DistributingBmsc, startDistributingBmsc } from './bmsc.ts';
import { DOMAIN, NEWS, populate, provisionMsk, provisionServices, SPORT } from './population.ts';
import { startSenderProcess } from './sender-process.ts';
import { type HeardUe, startUes, type TestUes } from './ues.ts';

let bmsc: DistributingBmsc;
let ues: TestUes;
let heard: HeardUe[];
let msk: SecretKey;
/** UEs that take no datagram, by IMPI. */
const asleep = new Set<string>();
const senders: Sender[] = [];

const UES = 600;
/** Kinds of UEs by their number: 0 mod 3 has NEWS, 1 mod 3 SPORT, 2 mod 3 both. */
const servicesOf = (index: number) => [[NEWS], [SPORT], [NEWS, SPORT]][index % 3] ?? [];

beforeAll(async () => {
  bmsc = await startDistributingBmsc();
  ues = await startUes({ answer: (octets, { impi }) => (asleep.has(impi) ? [] : [octets]) });
  msk = await provisionServices(bmsc.store);
  heard = ues.join(await populate(bmsc.store, UES, ues.address, { servicesOf }));
}, 30_000);
afterEach(async () => {
  for (const sender of senders.splice(0)) await sender.stop();
  asleep.clear();
  for (const ue of heard) ue.heard.length = 0;
});
afterAll(async () => {
  await ues?.close();
  await bmsc?.close();
});

async function start(variables: Record<string, string> = {}, ownClock?: () => number): Promise<Sender> {
  const sender = await bmsc.startSender(variables, ownClock);
  senders.push(sender);
  return sender;
}

const completed = (pushId: string, timeout = 25_000) =>
  expect.poll(() => bmsc.eventsOf('MSK Push Completed', pushId)[0], { timeout, interval: 20 });

const pushAll = { keyDomainId: DOMAIN, mskId: '00100000', target: { allHolders: true as const } };

/** What the ledger says of a push, summed over its pages and by its counts: both must be the same. */
async function ledgerOf(pushId: string) {
  const push = await loadPush(bmsc.store, pushId);
  if (push === undefined) throw new Error('there is no such push');
  const verified: string[] = [];
  const failed: string[] = [];
  let pages = 0;
  for (let chain = 0; chain < chainsOf(push.source); chain++) {
    for (const { outcome } of await loadPages(bmsc.store, pushId, chain, { limit: 1000 })) {
      pages += 1;
      verified.push(...(outcome?.verified ?? []));
      failed.push(...Object.values(outcome?.failed ?? {}).flat());
    }
  }
  const totals = await loadTotals(bmsc.store, push);
  expect(totals.verified).toBe(verified.length);
  expect(Object.values(totals.failed).reduce((sum, count) => sum + count, 0)).toBe(failed.length);
  expect(new Set([...verified, ...failed]).size).toBe(verified.length + failed.length);
  return { verified, failed, pages, totals };
}

const messagesTo = (ue: HeardUe) => ue.heard.filter(({ kind }) => kind === 'msk').length;
const emptied = () => expect.poll(() => bmsc.queued(), { timeout: 15_000 });

test('a push to all holders of a Key Group reaches each UE once, also those of several User Services', async () => {
  await start();
  const pushId = await bmsc.ask('Push MSK', pushAll);
  await completed(pushId).toMatchObject({
    mskId: '00100001',
    expected: (UES * 4) / 3,
    verified: UES,
    sent: 0,
    failed: {},
  });
  expect(heard.map(messagesTo)).toEqual(heard.map(() => 1));
  expect(ues.holders(msk)).toBe(UES);
  const delivered = bmsc.eventsOf('MSK Delivered', pushId).flatMap((data) => data.ues as string[]);
  expect(delivered.toSorted()).toEqual(heard.map(({ impi }) => impi).toSorted());
  const { pages } = await ledgerOf(pushId);
  expect(pages).toBe((UES * 4) / 3 / 50);
  await emptied().toEqual({ queue: 0, deadLetters: 0 });
}, 30_000);

test('a push to a User Service reaches those registered to it, and a later one those that it did not reach', async () => {
  await start();
  const away = heard.filter((_, index) => index % 3 === 2).slice(0, 30);
  for (const { impi } of away) asleep.add(impi);
  const pushId = await bmsc.ask('Push MSK', {
    keyDomainId: DOMAIN,
    mskId: '00100001',
    target: { serviceId: SPORT },
  });
  await completed(pushId).toMatchObject({ verified: 370, failed: { 'not-verified': 30 } });
  const failed = bmsc.eventsOf('MSK Delivery Failed', pushId).flatMap((data) => data.ues);
  expect(failed).toHaveLength(30);
  expect(failed).toContainEqual({ impi: away[0]?.impi, reason: 'not-verified' });

  for (const { impi } of away.slice(10)) asleep.delete(impi);
  for (const ue of heard) ue.heard.length = 0;
  const again = await bmsc.ask('Push MSK', {
    keyDomainId: DOMAIN,
    mskId: '00100001',
    target: { undeliveredOf: pushId },
  });
  await completed(again).toMatchObject({ expected: 30, verified: 20, failed: { 'not-verified': 10 } });
  expect(heard.filter((ue) => messagesTo(ue) > 0).map(({ impi }) => impi)).toEqual(
    away.map(({ impi }) => impi),
  );
  expect((await ledgerOf(again)).failed.toSorted()).toEqual(
    away
      .slice(0, 10)
      .map(({ impi }) => impi)
      .toSorted(),
  );
}, 40_000);

test('a solicited pull of a group goes to each UE once, spread over its window, and asks for no verification', async () => {
  await start();
  const before = ues.received.length;
  const pushId = await bmsc.ask('Solicit MSK Pull', {
    keyDomainId: DOMAIN,
    keyGroup: '0010',
    target: { allHolders: true },
    pacing: { spreadSeconds: 1.5 },
  });
  await completed(pushId).toMatchObject({ kind: 'solicited-pull', verified: 0, sent: UES, failed: {} });
  const times = ues.received.slice(before).map(({ at }) => at);
  expect(times).toHaveLength(UES);
  expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeGreaterThan(1200);
  expect(heard.map((ue) => ue.heard.filter(({ kind }) => kind === 'solicited-pull').length)).toEqual(
    heard.map(() => 1),
  );
  const solicited = bmsc.eventsOf('MSK Pull Solicited', pushId).flatMap((data) => data.ues as string[]);
  expect(new Set(solicited).size).toBe(UES);
  expect(bmsc.eventsOf('MSK Delivered', pushId)).toEqual([]);
}, 30_000);

test('the same event twice, and every unit twice, is one push: no UE gets it twice, and the ledger is exact', async () => {
  const twice = await bmsc.startSender({ BMSC_PAGE_UES: '20' });
  senders.push(twice);
  await start({ BMSC_PAGE_UES: '20' });
  const pushId = randomUUID();
  await Promise.all([bmsc.ask('Push MSK', pushAll, pushId), bmsc.ask('Push MSK', pushAll, pushId)]);
  for (let chain = 0; chain < 2; chain++) {
    const body = JSON.stringify({ unit: { pushId, chain, page: 0 } });
    await bmsc.sqs.send(new SendMessageCommand({ QueueUrl: bmsc.queueUrl, MessageBody: body }));
  }
  await completed(pushId).toMatchObject({ verified: UES, failed: {} });
  expect((await ledgerOf(pushId)).verified).toHaveLength(UES);
  await emptied().toEqual({ queue: 0, deadLetters: 0 });
  expect(heard.map(messagesTo)).toEqual(heard.map(() => 1));
  const counts = bmsc.eventsOf('MSK Push Completed', pushId).map(({ verified }) => verified);
  expect(new Set(counts)).toEqual(new Set([UES]));
}, 30_000);

test('two senders whose clocks are 4 s apart share a push, and no UE refuses a message', async () => {
  await start({}, () => Date.now() + 2000);
  await start({}, () => Date.now() - 2000);
  for (let keyNumber = 2; keyNumber <= 4; keyNumber++) {
    const next = await provisionMsk(bmsc.store, keyNumber);
    const pushId = await bmsc.ask('Push MSK', pushAll);
    await completed(pushId).toMatchObject({ mskId: `0010000${keyNumber}`, verified: UES, failed: {} });
    expect(ues.holders(next)).toBe(UES);
  }
  const kinds = heard.flatMap((ue) => ue.heard.map((message) => message.kind));
  expect(kinds.filter((kind) => kind === 'refused')).toEqual([]);
}, 60_000);

test('a push survives senders that are killed in the middle: every UE is reached, few pages are repeated', async () => {
  const environment = { ...bmsc.environment, BMSC_PAGE_UES: '25', BMSC_PER_SECOND: '200' };
  const next = await provisionMsk(bmsc.store, 5);
  const pushId = await bmsc.ask('Push MSK', pushAll);
  for (let kill = 0; kill < 3; kill++) {
    const sender = await startSenderProcess(environment);
    await expect
      .poll(() => heard.filter((ue) => messagesTo(ue) > 0).length, { timeout: 15_000, interval: 10 })
      .toBeGreaterThan(40 + 100 * kill);
    await sender.end('SIGKILL');
  }
  await start({ BMSC_PAGE_UES: '25' });
  await completed(pushId).toMatchObject({ mskId: '00100005', verified: UES, failed: {} });
  expect((await ledgerOf(pushId)).verified).toHaveLength(UES);
  expect(ues.holders(next)).toBe(UES);
  await emptied().toEqual({ queue: 0, deadLetters: 0 });
}, 60_000);

test('a sender that is told to stop gives its work back at once, and another finishes it', async () => {
  const sender = await startSenderProcess({
    ...bmsc.environment,
    BMSC_PER_SECOND: '100',
    BMSC_DRAIN_S: '0.1',
    BMSC_VISIBILITY_TIMEOUT_S: '60',
  });
  const pushId = await bmsc.ask('Push MSK', pushAll);
  await expect
    .poll(() => heard.filter((ue) => messagesTo(ue) > 0).length, { timeout: 15_000 })
    .toBeGreaterThan(60);
  const startedAt = performance.now();
  expect(await sender.end('SIGTERM')).toBe(0);
  expect(performance.now() - startedAt).toBeLessThan(2000);
  await start();
  await completed(pushId, 8000).toMatchObject({ verified: UES, failed: {} });
  expect((await ledgerOf(pushId)).verified).toHaveLength(UES);
}, 40_000);

test('a sender with time to drain finishes what it has before it stops', async () => {
  const sender = await startSenderProcess({
    ...bmsc.environment,
    BMSC_PER_SECOND: '400',
    BMSC_DRAIN_S: '20',
  });
  const pushId = await bmsc.ask('Push MSK', {
    ...pushAll,
    target: { ues: heard.slice(0, 300).map(({ impi }) => impi) },
  });
  await expect
    .poll(() => heard.filter((ue) => messagesTo(ue) > 0).length, { timeout: 15_000 })
    .toBeGreaterThan(20);
  expect(await sender.end('SIGTERM')).toBe(0);
  expect(bmsc.eventsOf('MSK Push Completed', pushId)[0]).toMatchObject({ verified: 300, failed: {} });
  await emptied().toEqual({ queue: 0, deadLetters: 0 });
}, 40_000);

test('what an archive replays sends nothing, unless that is set', async () => {
  const replayed = (pushId: string) => {
    const { metadata, data } = newEvent(
      'Push MSK',
      { ...pushAll, target: { ues: [heard[0]?.impi ?? ''] } },
      {
        eventId: pushId,
        now: Date.now(),
      },
    );
    const MessageBody = JSON.stringify({
      source: 'bmsc.keymanagement',
      'detail-type': 'Push MSK',
      'replay-name': 'last-week',
      detail: { metadata, data },
    });
    return bmsc.sqs.send(new SendMessageCommand({ QueueUrl: bmsc.queueUrl, MessageBody }));
  };
  const deaf = await bmsc.startSender();
  await replayed('first');
  await emptied().toEqual({ queue: 0, deadLetters: 0 });
  await deaf.stop();
  expect(heard[0]?.heard).toEqual([]);
  await start({ BMSC_REPLAYS: 'send' });
  await replayed('second');
  await completed('second~last-week').toMatchObject({ verified: 1 });
}, 30_000);

test('a push of an MSK that does not exist, or to a User Service without it, is through at once and reaches nobody', async () => {
  await start();
  const unknown = await bmsc.ask('Push MSK', { ...pushAll, mskId: '0010ffff' });
  await completed(unknown).toMatchObject({ expected: 0, verified: 0, failed: {} });
  const elsewhere = await bmsc.ask('Push MSK', { ...pushAll, target: { serviceId: 'urn:example:weather' } });
  await completed(elsewhere).toMatchObject({ expected: 0, verified: 0, failed: {} });
  const listed = await bmsc.ask('Push MSK', {
    ...pushAll,
    mskId: '0010ffff',
    target: { ues: ['a@home1.net'] },
  });
  await completed(listed).toMatchObject({ expected: 1, failed: { 'unknown-msk': 1 } });
}, 30_000);
