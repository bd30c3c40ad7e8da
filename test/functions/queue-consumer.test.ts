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
      Attributes: { VisibilityTimeout: '1' },
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

test('what is handled is deleted, what fails comes again, and stopping waits for what is at work', async () => {
  const queueUrl = await newQueue();
  const handled: string[] = [];
  const reported: string[] = [];
  let finish = () => {};
  const consumer = consumeQueue(
    sqs,
    queueUrl,
    async (body) => {
      handled.push(body);
      if (body === 'bad' && handled.filter((each) => each === 'bad').length === 1) throw new Error('once');
      if (body === 'slow') await new Promise<void>((resolve) => (finish = resolve));
    },
    (what) => void reported.push(what),
  );
  for (const MessageBody of ['good', 'bad', 'slow'])
    await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody }));
  await expect.poll(() => handled.includes('slow'), { timeout: 5000 }).toBe(true);
  let isStopped = false;
  const stopping = consumer.stop().then(() => {
    isStopped = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(isStopped).toBe(false);
  finish();
  await stopping;
  expect(reported.filter((what) => what === 'handle-failed').length).toBeLessThanOrEqual(1);
  if (handled.includes('bad')) expect(reported).toContain('handle-failed');
  const again: string[] = [];
  const next = consumeQueue(
    sqs,
    queueUrl,
    async (body) => void again.push(body),
    () => {},
  );
  await expect.poll(() => waiting(queueUrl), { timeout: 5000 }).toBe(0);
  await next.stop();
  expect([...handled, ...again].filter((body) => body === 'good')).toHaveLength(1);
  expect([...handled, ...again].filter((body) => body === 'bad').length).toBeGreaterThanOrEqual(1);
  expect([...handled, ...again].filter((body) => body === 'slow')).toHaveLength(1);
});

test('a queue that does not answer is asked again', async () => {
  const { endpoint } = await freePorts();
  const lost = new SQSClient({
    endpoint: `http://127.0.0.1:${endpoint}`,
    region: 'us-east-1',
    credentials: LOCAL_CREDENTIALS,
    maxAttempts: 1,
  });
  const reported: string[] = [];
  const consumer = consumeQueue(
    lost,
    'http://127.0.0.1/0/none',
    async () => {},
    (what) => void reported.push(what),
  );
  await expect.poll(() => reported.length, { timeout: 5000 }).toBeGreaterThanOrEqual(2);
  expect(new Set(reported)).toEqual(new Set(['receive-failed']));
  await consumer.stop();
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
