import {
  DeleteMessageCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
} from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { SENDER_VARIABLE } from '../../../functions/environment-variables.ts';
import { EVENT_SOURCE } from '../../../lib/events/contracts.ts';
import { newEvent } from '../../../lib/events/envelope.ts';
import { loadPush } from '../../../lib/store/ledger/push.ts';
import { findRequestOutcome } from '../../../lib/store/ledger/request-outcome.ts';
import { DOMAIN, SPORT } from '../population.ts';
import {
  completed,
  expectEmptied,
  ledgerOf,
  messagesTo,
  PUSH_ALL,
  type Pushing,
  startPushing,
  UES,
} from '../pushing.ts';
import type { JoinedUe } from '../ues.ts';

let bmsc: Pushing;
beforeAll(async () => {
  bmsc = await startPushing();
}, 30_000);
afterEach(() => bmsc.reset());
afterAll(() => bmsc?.close());

test('a push to all holders of a Key Group reaches each UE once, also those of several User Services', async () => {
  await bmsc.start();
  const pushId = await bmsc.ask('Push MSK', PUSH_ALL);
  await completed(bmsc, pushId).toMatchObject({
    mskId: '00100001',
    expected: (UES * 4) / 3,
    verified: UES,
    sent: 0,
    failed: {},
  });
  expect(bmsc.joined.map(messagesTo)).toEqual(bmsc.joined.map(() => 1));
  expect(bmsc.ues.holders(bmsc.msk)).toBe(UES);
  const delivered = bmsc.eventsOf('MSK Delivered', pushId).flatMap((data) => data.ues as string[]);
  expect(delivered.toSorted()).toEqual(bmsc.joined.map(({ impi }) => impi).toSorted());
  const { pages } = await ledgerOf(bmsc, pushId);
  // A page is at least three quarters full.
  expect(pages).toBeGreaterThanOrEqual((UES * 4) / 3 / 50);
  expect(pages).toBeLessThanOrEqual((UES * 4) / 3 / 37 + 2);
  await expectEmptied(bmsc);
}, 30_000);

test('a push to a User Service reaches those registered to it, and a later one those that it did not reach', async () => {
  await bmsc.start({ [SENDER_VARIABLE.retransmissionFirstSeconds]: '0.3' });
  const away = bmsc.joined.filter((_, index) => index % 3 === 2).slice(0, 30);
  for (const { impi } of away) bmsc.asleep.add(impi);
  const pushId = await bmsc.ask('Push MSK', {
    keyDomainId: DOMAIN,
    mskId: '00100001',
    target: { serviceId: SPORT },
  });
  await completed(bmsc, pushId).toMatchObject({ verified: 370, failed: { 'not-verified': 30 } });
  const failed = bmsc.eventsOf('MSK Delivery Failed', pushId).flatMap((data) => data.ues);
  expect(failed).toHaveLength(30);
  expect(failed).toContainEqual({ impi: away[0]?.impi, reason: 'not-verified' });

  for (const { impi } of away.slice(10)) bmsc.asleep.delete(impi);
  for (const ue of bmsc.joined) ue.messages.length = 0;
  const again = await bmsc.ask('Push MSK', {
    keyDomainId: DOMAIN,
    mskId: '00100001',
    target: { undeliveredOf: pushId },
  });
  await completed(bmsc, again).toMatchObject({ expected: 30, verified: 20, failed: { 'not-verified': 10 } });
  expect(bmsc.joined.filter((ue) => messagesTo(ue) > 0).map(({ impi }) => impi)).toEqual(
    away.map(({ impi }) => impi),
  );
  expect((await ledgerOf(bmsc, again)).failed.toSorted()).toEqual(
    away
      .slice(0, 10)
      .map(({ impi }) => impi)
      .toSorted(),
  );
}, 40_000);

test('a solicited pull of a group goes to each UE once, spread over its window, and asks for no verification', async () => {
  await bmsc.start();
  const before = bmsc.ues.received.length;
  const pushId = await bmsc.ask('Solicit MSK Pull', {
    keyDomainId: DOMAIN,
    keyGroup: '0010',
    target: { allHolders: true },
    pacing: { spreadSeconds: 1.5 },
  });
  await completed(bmsc, pushId).toMatchObject({ kind: 'solicited-pull', verified: 0, sent: UES, failed: {} });
  const times = bmsc.ues.received.slice(before).map(({ at }) => at);
  expect(times).toHaveLength(UES);
  expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeGreaterThan(1200);
  expect(bmsc.joined.map((ue) => ue.messages.filter(({ kind }) => kind === 'solicited-pull').length)).toEqual(
    bmsc.joined.map(() => 1),
  );
  const solicited = bmsc.eventsOf('MSK Pull Solicited', pushId).flatMap((data) => data.ues as string[]);
  expect(new Set(solicited).size).toBe(UES);
  expect(bmsc.eventsOf('MSK Delivered', pushId)).toEqual([]);
}, 30_000);

test.each([
  ['a second for a hundred UEs', '60', 4],
  ['no longer than is set', '1.5', 1.5],
])(
  'a solicited pull that says nothing of it is spread over %s',
  async (_, setting, seconds) => {
    await bmsc.start({ [SENDER_VARIABLE.spreadSeconds]: setting });
    const target = { serviceId: SPORT };
    const pushId = await bmsc.ask('Solicit MSK Pull', { keyDomainId: DOMAIN, keyGroup: '0010', target });
    await completed(bmsc, pushId).toMatchObject({ sent: 400 });
    const push = await loadPush(bmsc.store, pushId);
    expect(push?.pacing.spreadSeconds).toBe(seconds);
    const took = (push?.completedAt ?? 0) - (push?.startedAt ?? 0);
    expect(took).toBeGreaterThan(seconds * 800);
  },
  30_000,
);

test('what an archive replays sends nothing, unless that is set', async () => {
  const replayed = (pushId: string) => {
    const { metadata, data } = newEvent(
      'Push MSK',
      { ...PUSH_ALL, target: { ues: [bmsc.joined[0]?.impi ?? ''] } },
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
  await expectEmptied(bmsc);
  await deaf.stop();
  expect(bmsc.joined[0]?.messages).toEqual([]);
  await bmsc.start({ [SENDER_VARIABLE.replays]: 'send' });
  await replayed('second');
  await completed(bmsc, 'second~last-week').toMatchObject({ verified: 1 });
}, 30_000);

test.each([
  ['unknown-msk', { mskId: '0010ffff' }],
  ['unknown-msk', { mskId: '0010ffff', target: { ues: ['a@home1.net'] } }],
  ['unknown-key-group', { mskId: 'ffff0001' }],
  ['unknown-service', { target: { serviceId: 'urn:example:weather' } }],
  ['unknown-push', { target: { undeliveredOf: 'none' } }],
  ['bad-data', { target: { ues: Array.from({ length: 501 }, (_, index) => `${index}@home1.net`) } }],
  ['bad-data', { mskId: '1' }],
])(
  'a push that can not succeed (%s) is refused by an event, and is a dead letter at once',
  async (reason, change) => {
    await bmsc.start();
    const pushId = await bmsc.ask('Push MSK', { ...PUSH_ALL, ...change });
    const deadLetter = await nextDeadLetter(bmsc);
    expect(JSON.parse(deadLetter.Body ?? '')).toMatchObject({ 'detail-type': 'Push MSK' });
    const [refused] = bmsc.events.filter((event) => event['detail-type'] === 'MSK Push Refused').slice(-1);
    expect(refused?.detail).toMatchObject({
      metadata: { correlationId: pushId, idempotencyKey: `${pushId}/${pushId}/refused` },
      data: { pushId, reason, request: 'Push MSK', requestId: pushId, message: expect.any(String) },
    });
    const { message } = bmsc.eventsOf('MSK Push Refused', pushId)[0] ?? {};
    expect(attributesOf(deadLetter)).toEqual({ reason, message, eventId: pushId });
    expect(await findRequestOutcome(bmsc.store, pushId)).toEqual({ result: 'refused', reason, message });
    await expectEmptied(bmsc);
  },
  30_000,
);

test('an idempotency key of another request is refused, and one of the same request is a repetition', async () => {
  await bmsc.start();
  const push = { keyDomainId: DOMAIN, mskId: '00100001', target: { ues: [bmsc.joined[0]?.impi ?? ''] } };
  const pushId = await bmsc.ask('Push MSK', push);
  await completed(bmsc, pushId).toMatchObject({ delivered: 1 });
  await bmsc.ask('Push MSK', push, pushId);
  await expect.poll(() => bmsc.eventsOf('MSK Push Completed', pushId).length, { timeout: 10_000 }).toBe(2);
  expect(bmsc.eventsOf('MSK Push Refused', pushId)).toEqual([]);
  const { mskId: _, ...pull } = { ...push, keyGroup: '0010' };
  const others = [
    () => bmsc.ask('Solicit MSK Pull', pull, pushId),
    () => bmsc.ask('Push MSK', { ...push, mskId: '00100000' }, pushId),
    () => bmsc.ask('Push MSK', { ...push, target: { allHolders: true } }, pushId),
    () => bmsc.ask('Push MSK', { ...push, pacing: { perSecond: 1 } }, pushId),
  ];
  for (const ask of others) {
    await ask();
    expect(attributesOf(await nextDeadLetter(bmsc)).reason).toBe('idempotency-key-reused');
  }
  expect(bmsc.eventsOf('MSK Push Refused', pushId)).toHaveLength(others.length);
  expect(messagesTo(bmsc.joined[0] as JoinedUe)).toBe(1);
}, 30_000);

test('a request for a rotation in the queue of the sender is refused as misrouted', async () => {
  await bmsc.start();
  const identity = { eventId: 'r', now: Date.now() };
  const { metadata, data } = newEvent('Rotate MSK', { keyDomainId: DOMAIN, keyGroup: '0010' }, identity);
  const event = { source: EVENT_SOURCE, 'detail-type': 'Rotate MSK', detail: { metadata, data } };
  const MessageBody = JSON.stringify(event);
  await bmsc.sqs.send(new SendMessageCommand({ QueueUrl: bmsc.queueUrl, MessageBody }));
  expect(attributesOf(await nextDeadLetter(bmsc))).toMatchObject({ reason: 'misrouted', eventId: 'r' });
  const [refused] = bmsc.eventsOf('MSK Push Refused').slice(-1);
  expect(refused).toMatchObject({ reason: 'misrouted', request: 'Rotate MSK', requestId: 'r' });
  expect(refused).not.toHaveProperty('pushId');
  await expectEmptied(bmsc);
}, 30_000);

test('what a replay brings is not refused, since it is ignored', async () => {
  await bmsc.start();
  const before = bmsc.eventsOf('MSK Push Refused').length;
  const MessageBody = JSON.stringify({ 'detail-type': 'Push MSK', 'replay-name': 'last-week' });
  await bmsc.sqs.send(new SendMessageCommand({ QueueUrl: bmsc.queueUrl, MessageBody }));
  await expectEmptied(bmsc);
  expect(bmsc.eventsOf('MSK Push Refused')).toHaveLength(before);
}, 30_000);

/** The next message of the dead-letter queue, which it deletes. */
async function nextDeadLetter({ sqs, deadLetterUrl: QueueUrl }: Pushing): Promise<Message> {
  const { Messages: [message] = [] } = await sqs.send(
    new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 10, MessageAttributeNames: ['All'] }),
  );
  if (message === undefined) throw new Error('there is no dead letter');
  await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message.ReceiptHandle }));
  return message;
}

function attributesOf({ MessageAttributes = {} }: Message): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(MessageAttributes).map(([name, { StringValue }]) => [name, StringValue]),
  );
}
