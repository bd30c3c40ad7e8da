import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { SENDER_VARIABLE } from '../../../functions/environment-variables.ts';
import { newEvent } from '../../../lib/events/envelope.ts';
import { loadPush } from '../../../lib/store/ledger/push.ts';
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
  expect(pages).toBe((UES * 4) / 3 / 50);
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

test('a push of an MSK that does not exist, or to a User Service without it, completes without any UE', async () => {
  await bmsc.start();
  const unknown = await bmsc.ask('Push MSK', { ...PUSH_ALL, mskId: '0010ffff' });
  await completed(bmsc, unknown).toMatchObject({ expected: 0, verified: 0, failed: {} });
  const elsewhere = await bmsc.ask('Push MSK', { ...PUSH_ALL, target: { serviceId: 'urn:example:weather' } });
  await completed(bmsc, elsewhere).toMatchObject({ expected: 0, verified: 0, failed: {} });
  const listed = await bmsc.ask('Push MSK', {
    ...PUSH_ALL,
    mskId: '0010ffff',
    target: { ues: ['a@home1.net'] },
  });
  await completed(bmsc, listed).toMatchObject({ expected: 1, failed: { 'unknown-msk': 1 } });
}, 30_000);
