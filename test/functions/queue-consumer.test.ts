import { randomBytes } from 'node:crypto';
import type { Server } from 'node:http';
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LOCAL_CREDENTIALS } from '../../cli/local/aws/endpoint.ts';
import { type LocalSystem, startLocalSystem } from '../../cli/local/system.ts';
import { parseEnvironment } from '../../functions/key-distribution/environment.ts';
import { askHealth, serveHealth } from '../../functions/key-distribution/health.ts';
import { consumeQueue } from '../../functions/key-distribution/queue-consumer.ts';
import type { WorkResult } from '../../lib/distribution/context.ts';
import { freePorts } from '../free-ports.ts';

let system: LocalSystem;
let sqs: SQSClient;
beforeAll(async () => {
  system = await startLocalSystem(await freePorts(), () => {});
  sqs = new SQSClient({ endpoint: system.endpointUrl, region: 'us-east-1', credentials: LOCAL_CREDENTIALS });
});
afterAll(() => system?.close());

async function newQueue(): Promise<string> {
  const { QueueUrl = '' } = await sqs.send(
    new CreateQueueCommand({
      QueueName: `test-${randomBytes(4).toString('hex')}`,
      Attributes: { VisibilityTimeout: '2' },
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

/** A consumer that takes whatever there is, and what it reported. */
function consumer(client: SQSClient, queueUrl: string, handle: (body: string) => Promise<WorkResult>) {
  const reported: string[] = [];
  const consuming = consumeQueue({
    sqs: client,
    queueUrl,
    visibilityTimeoutMs: 2000,
    handle,
    mayTake: (inHand) => inHand < 100,
    onSentAt: () => {},
    report: (what) => void reported.push(what),
  });
  return { consuming, reported };
}

test('what is done is deleted, what fails comes again, and stopping waits for what is at work', async () => {
  const queueUrl = await newQueue();
  const handled: string[] = [];
  let finish = () => {};
  const { consuming, reported } = consumer(sqs, queueUrl, async (body) => {
    handled.push(body);
    if (body === 'bad' && handled.filter((each) => each === 'bad').length === 1) throw new Error('once');
    if (body === 'slow')
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
    return { kind: 'done' };
  });
  for (const MessageBody of ['good', 'bad', 'slow'])
    await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody }));
  await expect.poll(() => handled.filter((each) => each === 'bad').length, { timeout: 15_000 }).toBe(2);
  await consuming.stopTaking();
  await expect.poll(() => consuming.inHand, { timeout: 5000 }).toBe(1);
  finish();
  await consuming.settled();
  expect(reported).toEqual(['handle-failed']);
  expect([...handled].sort()).toEqual(['bad', 'bad', 'good', 'slow']);
  expect(await waiting(queueUrl)).toBe(0);
});

test('what is for later is put into the queue anew', async () => {
  const queueUrl = await newQueue();
  const handled: number[] = [];
  const { consuming, reported } = consumer(sqs, queueUrl, async () => {
    handled.push(Date.now());
    return handled.length === 1 ? { kind: 'later', afterMs: 1000 } : { kind: 'done' };
  });
  await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: 'x' }));
  await expect.poll(() => handled.length, { timeout: 10_000 }).toBe(2);
  await consuming.stopTaking();
  await consuming.settled();
  expect((handled[1] ?? 0) - (handled[0] ?? 0)).toBeGreaterThanOrEqual(900);
  expect(reported).toEqual([]);
});

test('a queue that does not answer is asked again', async () => {
  const { endpoint } = await freePorts();
  const lost = new SQSClient({
    endpoint: `http://127.0.0.1:${endpoint}`,
    region: 'us-east-1',
    credentials: LOCAL_CREDENTIALS,
    maxAttempts: 1,
  });
  const { consuming, reported } = consumer(lost, 'http://127.0.0.1/0/none', async () => ({ kind: 'done' }));
  await expect.poll(() => reported.length, { timeout: 8000 }).toBeGreaterThanOrEqual(4);
  expect(new Set(reported)).toEqual(new Set(['receive-failed']));
  await consuming.stopTaking();
  await consuming.settled();
});

test('health is 200 while it is good, and nothing while no sender is there', async () => {
  let isGood = true;
  const server: Server = await serveHealth(0, () => isGood);
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  expect(await askHealth(port)).toBe(true);
  isGood = false;
  expect(await askHealth(port)).toBe(false);
  await new Promise((resolve) => server.close(resolve));
  expect(await askHealth(port)).toBe(false);
});

test('a wrong environment names the variable', () => {
  expect(() => parseEnvironment({})).toThrow(/BMSC_TABLE_NAME/);
});
