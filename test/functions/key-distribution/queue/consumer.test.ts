import { randomBytes } from 'node:crypto';
import type { Server } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type ChangeMessageVisibilityBatchCommandInput,
  CreateQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  type ReceiveMessageCommandInput,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LOCAL_CREDENTIALS } from '../../../../cli/emulator/account.ts';
import { isHealthyOnPort, serveHealth } from '../../../../functions/health.ts';
import {
  QueueConsumer,
  type QueueConsumerOptions,
} from '../../../../functions/key-distribution/queue/consumer.ts';
import { DeliveryInterrupted } from '../../../../lib/distribution/errors.ts';
import { DONE } from '../../../../lib/distribution/push/work.ts';
import type { LocalSystem } from '../../../../local/system.ts';
import { freePorts } from '../../../free-ports.ts';
import { startTestSystem } from '../../../local-system.ts';

/** The visibility timeout of the queues of this file. */
const VISIBILITY_MS = 1000;

let system: LocalSystem;
let sqs: SQSClient;
beforeAll(async () => {
  system = await startTestSystem();
  sqs = new SQSClient({ endpoint: system.endpointUrl, region: 'us-east-1', credentials: LOCAL_CREDENTIALS });
});
afterAll(() => system?.close());

async function newQueue(): Promise<string> {
  const { QueueUrl = '' } = await sqs.send(
    new CreateQueueCommand({
      QueueName: `test-${randomBytes(4).toString('hex')}`,
      Attributes: { VisibilityTimeout: String(VISIBILITY_MS / 1000) },
    }),
  );
  return QueueUrl;
}

async function waiting(QueueUrl: string): Promise<number> {
  const { Attributes = {} } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }),
  );
  return (
    Number(Attributes.ApproximateNumberOfMessages) + Number(Attributes.ApproximateNumberOfMessagesNotVisible)
  );
}

/** A consumer of the queue with this handler, and the failures that it reported. */
function consume(
  queueUrl: string,
  handle: QueueConsumerOptions['handle'],
  client = sqs,
  deadLetterQueueUrl = 'http://127.0.0.1/0/none',
) {
  const reported: string[] = [];
  const consumer = new QueueConsumer({
    isTraced: false,
    sqs: client,
    queueUrl,
    deadLetterQueueUrl,
    onRefused: ({ reason }) => void reported.push(reason),
    visibilityTimeoutMs: VISIBILITY_MS,
    handle,
    hasCapacity: () => true,
    onSentAt: () => {},
    report: (what) => void reported.push(what),
  });
  return { consumer, reported };
}

const send = (QueueUrl: string, MessageBody: string) =>
  sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));
const soon = { timeout: 10_000, interval: 20 };

test('deletes work that is done; work that fails comes again, and work for later comes later', async () => {
  const queueUrl = await newQueue();
  const handled: string[] = [];
  const early: number[] = [];
  const { consumer, reported } = consume(queueUrl, async (body) => {
    handled.push(body);
    if (body === 'early') early.push(Date.now());
    const isFirst = handled.filter((each) => each === body).length === 1;
    if (body === 'bad' && isFirst) throw new Error('once');
    return body === 'early' && isFirst ? { kind: 'later', afterMs: 1000 } : DONE;
  });
  for (const body of ['good', 'bad', 'early']) await send(queueUrl, body);
  await expect.poll(() => handled.length, soon).toBe(5);
  await expect.poll(() => waiting(queueUrl), soon).toBe(0);
  expect([...handled].sort()).toEqual(['bad', 'bad', 'early', 'early', 'good']);
  expect((early[1] ?? 0) - (early[0] ?? 0)).toBeGreaterThanOrEqual(900);
  expect(reported).toEqual(['handle-failed']);
  await consumer.stopTaking();
  await consumer.settled();
});

test('work for later is not lost where the queue refuses to take it again', async () => {
  const queueUrl = await newQueue();
  const refusing = new SQSClient({
    endpoint: system.endpointUrl,
    region: 'us-east-1',
    credentials: LOCAL_CREDENTIALS,
  });
  let refusals = 0;
  refusing.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        if (commandName !== 'SendMessageBatchCommand' || refusals === 4) return next(args);
        refusals += 1;
        const { Entries = [] } = args.input as { Entries?: readonly { Id: string }[] };
        const Failed = Entries.map(({ Id }) => ({ Id, Code: 'InternalError', SenderFault: false }));
        return { output: { $metadata: {}, Successful: [], Failed }, response: {} };
      },
    { step: 'initialize' },
  );
  let times = 0;
  const handle = async () => (++times < 3 ? ({ kind: 'later', afterMs: 1000 } as const) : DONE);
  const { consumer, reported } = consume(queueUrl, handle, refusing);
  await send(queueUrl, 'later');
  // Refused three times, the message itself comes again; the next time it is taken at the second try.
  await expect.poll(() => times, { ...soon, timeout: 20_000 }).toBe(3);
  await expect.poll(() => waiting(queueUrl), soon).toBe(0);
  expect(reported).toEqual(['handle-failed']);
  await consumer.stopTaking();
  await consumer.settled();
}, 30_000);

test('refused work goes to the dead letters with its reason, and comes again if that fails', async () => {
  const [queueUrl, deadLetterUrl] = [await newQueue(), await newQueue()];
  const refusal = {
    reason: 'bad-data',
    message: 'wrong:\u0000 \ud800',
    eventId: 'e1',
    correlationId: 'c1',
  } as const;
  const refused = async () => ({ kind: 'refused', refusal }) as const;
  const away = consume(queueUrl, refused, sqs, `${queueUrl}-that-is-away`);
  await send(queueUrl, 'bad');
  await expect.poll(() => away.reported, soon).toEqual(['handle-failed']);
  await away.consumer.stopTaking();
  await away.consumer.settled();
  expect(await waiting(queueUrl)).toBe(1);

  const { consumer, reported } = consume(queueUrl, refused, sqs, deadLetterUrl);
  await expect.poll(() => waiting(queueUrl), soon).toBe(0);
  expect(reported).toEqual(['bad-data']);
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({ QueueUrl: deadLetterUrl, MessageAttributeNames: ['All'] }),
  );
  expect(Messages).toMatchObject([
    {
      Body: 'bad',
      MessageAttributes: {
        reason: { StringValue: 'bad-data' },
        message: { StringValue: 'wrong:? \ufffd' },
        eventId: { StringValue: 'e1' },
      },
    },
  ]);
  await consumer.stopTaking();
  await consumer.settled();
}, 30_000);

test('work that fails again and again comes later each time', async () => {
  const queueUrl = await newQueue();
  const client = new SQSClient({
    endpoint: system.endpointUrl,
    region: 'us-east-1',
    credentials: LOCAL_CREDENTIALS,
  });
  const comesAfter: unknown[] = [];
  client.middlewareStack.add(
    (next) => (args) => {
      const { Entries = [] } = args.input as ChangeMessageVisibilityBatchCommandInput;
      for (const entry of Entries) comesAfter.push(entry.VisibilityTimeout);
      const { MessageSystemAttributeNames: names } = args.input as ReceiveMessageCommandInput;
      // SQS's stand-in knows them by their older name only.
      if (names !== undefined) Object.assign(args.input, { AttributeNames: names });
      return next(args);
    },
    { step: 'initialize' },
  );
  await send(queueUrl, 'bad');
  for (let received = 0; received < 3; received++)
    await sqs.send(new ReceiveMessageCommand({ QueueUrl: queueUrl, VisibilityTimeout: 0 }));
  const fail = () => Promise.reject(new Error('away'));
  const { consumer } = consume(queueUrl, fail, client);
  await expect.poll(() => comesAfter, soon).toEqual([40]);
  await consumer.stopTaking();
  await consumer.settled();
  client.destroy();
});

test('work that takes longer than the visibility timeout stays invisible, and stopping waits for it', async () => {
  const queueUrl = await newQueue();
  let starts = 0;
  let finish = () => {};
  const { consumer, reported } = consume(queueUrl, async () => {
    starts += 1;
    await new Promise<void>((resolve) => {
      finish = resolve;
    });
    return DONE;
  });
  await send(queueUrl, 'slow');
  await expect.poll(() => starts, soon).toBe(1);
  await new Promise((resolve) => setTimeout(resolve, 2 * VISIBILITY_MS));
  expect(starts).toBe(1);
  expect(consumer.inProgress).toBe(1);
  await consumer.stopTaking();
  await send(queueUrl, 'after the stop');
  let isSettled = false;
  const settling = consumer.settled().then(() => {
    isSettled = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(isSettled).toBe(false);
  finish();
  await settling;
  expect(starts).toBe(1);
  expect(reported).toEqual([]);
});

test('interrupted work goes back to the queue', async () => {
  const queueUrl = await newQueue();
  const first = consume(queueUrl, () => Promise.reject(new DeliveryInterrupted()));
  await send(queueUrl, 'work');
  await expect.poll(() => first.consumer.inProgress, soon).toBe(0);
  await first.consumer.stopTaking();
  await first.consumer.settled();
  expect(first.reported).toEqual([]);
  const handled: string[] = [];
  const next = consume(queueUrl, async (body) => {
    handled.push(body);
    return DONE;
  });
  await expect.poll(() => handled, soon).toEqual(['work']);
  await next.consumer.stopTaking();
  await next.consumer.settled();
});

test('polls a queue that does not answer again', async () => {
  const { endpoint } = await freePorts();
  const lost = new SQSClient({
    endpoint: `http://127.0.0.1:${endpoint}`,
    region: 'us-east-1',
    credentials: LOCAL_CREDENTIALS,
    maxAttempts: 1,
  });
  const { consumer, reported } = consume('http://127.0.0.1/0/none', async () => DONE, lost);
  await expect.poll(() => reported.length, soon).toBeGreaterThanOrEqual(3);
  expect(new Set(reported)).toEqual(new Set(['receive-failed']));
  await consumer.stopTaking();
  await consumer.settled();
});

test('health is 200 while it is good, and nothing while no sender is there', async () => {
  let isGood = true;
  const server: Server = await serveHealth(0, () => isGood);
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  expect(await isHealthyOnPort(port)).toBe(true);
  isGood = false;
  expect(await isHealthyOnPort(port)).toBe(false);
  await new Promise((resolve) => server.close(resolve));
  expect(await isHealthyOnPort(port)).toBe(false);
});

test('a message that arrives after a consumer hung up is there for the next one', async () => {
  const { QueueUrl = '' } = await sqs.send(
    new CreateQueueCommand({ QueueName: 'hung-up', Attributes: { VisibilityTimeout: '60' } }),
  );
  const gone = new AbortController();
  const polls = [1, 2].map(() =>
    sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 }), { abortSignal: gone.signal }),
  );
  await delay(300);
  gone.abort();
  expect((await Promise.allSettled(polls)).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  for (const MessageBody of ['first', 'second'])
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));
  const received: (string | undefined)[] = [];
  for (const _ of ['first', 'second']) {
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 3 }));
    received.push(...Messages.map(({ Body }) => Body));
  }
  expect(received.sort()).toEqual(['first', 'second']);
}, 15_000);
