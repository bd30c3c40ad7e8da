import { randomUUID } from 'node:crypto';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { SENDER_VARIABLE } from '../../../functions/environment-variables.ts';
import { provisionMsk } from '../population.ts';
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
import { startSenderProcess } from '../sender-process.ts';

let bmsc: Pushing;
beforeAll(async () => {
  bmsc = await startPushing();
}, 30_000);
afterEach(() => bmsc.reset());
afterAll(() => bmsc?.close());

test('the same event twice, and every unit twice, is one push: no UE gets it twice, and the ledger is exact', async () => {
  await bmsc.start({ [SENDER_VARIABLE.pageUes]: '20' });
  await bmsc.start({ [SENDER_VARIABLE.pageUes]: '20' });
  const pushId = randomUUID();
  await Promise.all([bmsc.ask('Push MSK', PUSH_ALL, pushId), bmsc.ask('Push MSK', PUSH_ALL, pushId)]);
  for (let chain = 0; chain < 2; chain++) {
    const body = JSON.stringify({ unit: { pushId, chain, page: 0 } });
    await bmsc.sqs.send(new SendMessageCommand({ QueueUrl: bmsc.queueUrl, MessageBody: body }));
  }
  await completed(bmsc, pushId).toMatchObject({ verified: UES, failed: {} });
  expect((await ledgerOf(bmsc, pushId)).verified).toHaveLength(UES);
  await expectEmptied(bmsc);
  expect(bmsc.joined.map(messagesTo)).toEqual(bmsc.joined.map(() => 1));
  const counts = bmsc.eventsOf('MSK Push Completed', pushId).map(({ verified }) => verified);
  expect(new Set(counts)).toEqual(new Set([UES]));
}, 30_000);

test('two senders whose clocks are 4 s apart share a push, and no UE refuses a message', async () => {
  // On a busy machine a message that is sent again may come after the next push's, and is refused rightly.
  const patient = { [SENDER_VARIABLE.retransmissionFirstSeconds]: '8' };
  await bmsc.start(patient, () => Date.now() + 2000);
  await bmsc.start(patient, () => Date.now() - 2000);
  for (let keyNumber = 2; keyNumber <= 4; keyNumber++) {
    const next = await provisionMsk(bmsc.store, keyNumber);
    const pushId = await bmsc.ask('Push MSK', PUSH_ALL);
    await completed(bmsc, pushId).toMatchObject({ mskId: `0010000${keyNumber}`, verified: UES, failed: {} });
    expect(bmsc.ues.holders(next)).toBe(UES);
  }
  const kinds = bmsc.joined.flatMap((ue) => ue.messages.map((message) => message.kind));
  expect(kinds.filter((kind) => kind === 'refused')).toEqual([]);
}, 60_000);

test('a push survives senders that are killed in the middle: every UE is reached, few pages are repeated', async () => {
  const environment = {
    ...bmsc.environment,
    [SENDER_VARIABLE.pageUes]: '25',
    [SENDER_VARIABLE.perSecond]: '200',
  };
  const next = await provisionMsk(bmsc.store, 5);
  const pushId = await bmsc.ask('Push MSK', PUSH_ALL);
  for (let kill = 0; kill < 3; kill++) {
    const sender = await startSenderProcess(environment);
    await expect
      .poll(() => reached(bmsc), { timeout: 15_000, interval: 10 })
      .toBeGreaterThan(40 + 100 * kill);
    await sender.end('SIGKILL');
  }
  await bmsc.start({ [SENDER_VARIABLE.pageUes]: '25' });
  await completed(bmsc, pushId).toMatchObject({ mskId: '00100005', verified: UES, failed: {} });
  expect((await ledgerOf(bmsc, pushId)).verified).toHaveLength(UES);
  expect(bmsc.ues.holders(next)).toBe(UES);
  await expectEmptied(bmsc);
}, 60_000);

test('a sender that is stopped gives its work back immediately, and another finishes it', async () => {
  const sender = await startSenderProcess({
    ...bmsc.environment,
    [SENDER_VARIABLE.perSecond]: '100',
    [SENDER_VARIABLE.drainSeconds]: '0.1',
    [SENDER_VARIABLE.visibilityTimeoutSeconds]: '60',
  });
  const pushId = await bmsc.ask('Push MSK', PUSH_ALL);
  await expect.poll(() => reached(bmsc), { timeout: 15_000 }).toBeGreaterThan(60);
  const startedAt = performance.now();
  expect(await sender.end('SIGTERM')).toBe(0);
  expect(performance.now() - startedAt).toBeLessThan(2000);
  await bmsc.start();
  await completed(bmsc, pushId, 12_000).toMatchObject({ verified: UES, failed: {} });
  expect((await ledgerOf(bmsc, pushId)).verified).toHaveLength(UES);
  await expectEmptied(bmsc);
}, 40_000);

test('a sender with time to drain finishes what it has before it stops', async () => {
  const sender = await startSenderProcess({
    ...bmsc.environment,
    [SENDER_VARIABLE.perSecond]: '400',
    [SENDER_VARIABLE.drainSeconds]: '20',
  });
  const pushId = await bmsc.ask('Push MSK', {
    ...PUSH_ALL,
    target: { ues: bmsc.joined.slice(0, 300).map(({ impi }) => impi) },
  });
  await expect.poll(() => reached(bmsc), { timeout: 15_000 }).toBeGreaterThan(20);
  expect(await sender.end('SIGTERM')).toBe(0);
  expect(bmsc.eventsOf('MSK Push Completed', pushId)[0]).toMatchObject({ verified: 300, failed: {} });
  await expectEmptied(bmsc);
}, 40_000);

test('a page that is sent more slowly than a claim lasts stays with its sender, and each UE gets one message', async () => {
  const brief = { [SENDER_VARIABLE.visibilityTimeoutSeconds]: '2', [SENDER_VARIABLE.pageUes]: '100' };
  await bmsc.start(brief);
  const ues = bmsc.joined.slice(0, 60).map(({ impi }) => impi);
  const pushId = await bmsc.ask('Push MSK', { ...PUSH_ALL, target: { ues }, pacing: { perSecond: 10 } });
  await expect.poll(() => reached(bmsc), { timeout: 10_000 }).toBeGreaterThan(25);
  await bmsc.start(brief);
  await bmsc.ask('Push MSK', { ...PUSH_ALL, target: { ues }, pacing: { perSecond: 10 } }, pushId);
  await completed(bmsc, pushId).toMatchObject({ verified: 60, failed: {} });
  await expectEmptied(bmsc);
  expect(bmsc.joined.map(messagesTo)).toEqual(bmsc.joined.map((_, index) => (index < 60 ? 1 : 0)));
}, 40_000);
