import { setTimeout as delay } from 'node:timers/promises';
import {
  ChangeMessageVisibilityBatchCommand,
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LOCAL_CREDENTIALS, LOCAL_REGION } from '../../cli/emulator/account.ts';
import { AwsEndpoint } from '../../local/aws/endpoint.ts';
import { ResolvedStacks } from '../../local/aws/template.ts';
import { freePorts } from '../free-ports.ts';

let endpoint: AwsEndpoint;
let sqs: SQSClient;
let queues = 0;

beforeAll(async () => {
  const { endpoint: port } = await freePorts();
  const url = `http://127.0.0.1:${port}`;
  endpoint = await AwsEndpoint.start(new ResolvedStacks([], { endpoint: url, api: url }), port);
  sqs = new SQSClient({ endpoint: url, region: LOCAL_REGION, credentials: LOCAL_CREDENTIALS });
});
afterAll(async () => {
  sqs?.destroy();
  await endpoint?.close();
});

async function newQueue(attributes: Record<string, string> = {}): Promise<string> {
  queues += 1;
  const command = new CreateQueueCommand({ QueueName: `queue-${queues}`, Attributes: attributes });
  return (await sqs.send(command)).QueueUrl ?? '';
}

const send = (QueueUrl: string, MessageBody: string, DelaySeconds = 0) =>
  sqs.send(new SendMessageCommand({ QueueUrl, MessageBody, DelaySeconds }));

async function receive(QueueUrl: string, WaitTimeSeconds = 0, VisibilityTimeout?: number) {
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({
      QueueUrl,
      WaitTimeSeconds,
      VisibilityTimeout,
      MaxNumberOfMessages: 10,
      MessageSystemAttributeNames: ['ApproximateReceiveCount', 'SentTimestamp'],
    }),
  );
  return Messages;
}

async function attributesOf(QueueUrl: string): Promise<Record<string, string>> {
  const command = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] });
  return (await sqs.send(command)).Attributes ?? {};
}

test('a received message is in flight until its visibility timeout has passed, and is then received again', async () => {
  const queue = await newQueue({ VisibilityTimeout: '1' });
  await send(queue, 'work');
  const [first] = await receive(queue);
  expect(first).toMatchObject({ Body: 'work', Attributes: { ApproximateReceiveCount: '1' } });
  expect(Number(first?.Attributes?.SentTimestamp)).toBeGreaterThan(Date.now() - 10_000);
  expect(await receive(queue)).toEqual([]);
  expect(await attributesOf(queue)).toMatchObject({
    ApproximateNumberOfMessages: '0',
    ApproximateNumberOfMessagesNotVisible: '1',
  });
  const [again] = await receive(queue, 5);
  expect(again).toMatchObject({ MessageId: first?.MessageId, Attributes: { ApproximateReceiveCount: '2' } });
  expect(again?.ReceiptHandle).not.toBe(first?.ReceiptHandle);
});

test('a long poll ends as soon as there is one message, and a delay is waited for', async () => {
  const queue = await newQueue();
  const poll = receive(queue, 20);
  await delay(50);
  await send(queue, 'now');
  expect(await poll).toMatchObject([{ Body: 'now' }]);
  await send(queue, 'later', 1);
  expect(await attributesOf(queue)).toMatchObject({ ApproximateNumberOfMessagesDelayed: '1' });
  expect(await receive(queue)).toEqual([]);
  expect(await receive(queue, 20)).toMatchObject([{ Body: 'later' }]);
});

test('a message that was received often enough is a dead letter, not received again', async () => {
  const deadLetters = await newQueue();
  const { QueueArn } = await attributesOf(deadLetters);
  const redrivePolicy = { deadLetterTargetArn: QueueArn, maxReceiveCount: 2 };
  const queue = await newQueue({ RedrivePolicy: JSON.stringify(redrivePolicy) });
  await send(queue, 'bad');
  for (const _ of [1, 2]) expect(await receive(queue, 0, 0)).toHaveLength(1);
  expect(await receive(deadLetters)).toEqual([]);
  expect(await receive(queue)).toEqual([]);
  expect(await receive(deadLetters)).toMatchObject([{ Body: 'bad' }]);
});

test('a message that is given back is visible immediately, and deleted by its latest handle only', async () => {
  const queue = await newQueue();
  await send(queue, 'work');
  const [{ ReceiptHandle: old } = {}] = await receive(queue);
  const giveBack = { QueueUrl: queue, ReceiptHandle: old, VisibilityTimeout: 0 };
  await sqs.send(new ChangeMessageVisibilityCommand(giveBack));
  const [{ ReceiptHandle: latest } = {}] = await receive(queue);
  const remove = (ReceiptHandle = '') =>
    sqs.send(new DeleteMessageBatchCommand({ QueueUrl: queue, Entries: [{ Id: 'a', ReceiptHandle }] }));
  await remove(old);
  expect(await attributesOf(queue)).toMatchObject({ ApproximateNumberOfMessagesNotVisible: '1' });
  await remove(latest);
  expect(await attributesOf(queue)).toMatchObject({ ApproximateNumberOfMessagesNotVisible: '0' });
});

test('an entry of a batch that is refused fails alone', async () => {
  const queue = await newQueue();
  const Entries = ['a', 'b'].map((Id) => ({ Id, MessageBody: Id }));
  const sent = await sqs.send(new SendMessageBatchCommand({ QueueUrl: queue, Entries }));
  expect(sent.Successful?.map(({ Id }) => Id)).toEqual(['a', 'b']);
  const [held] = await receive(queue);
  const changed = await sqs.send(
    new ChangeMessageVisibilityBatchCommand({
      QueueUrl: queue,
      Entries: [
        { Id: 'good', ReceiptHandle: held?.ReceiptHandle, VisibilityTimeout: 60 },
        { Id: 'bad', ReceiptHandle: 'none', VisibilityTimeout: 60 },
      ],
    }),
  );
  expect(changed.Successful).toEqual([{ Id: 'good' }]);
  expect(changed.Failed).toMatchObject([{ Id: 'bad', Code: 'ReceiptHandleIsInvalid' }]);
});

test('a queue or an action that is not there is refused by name', async () => {
  await expect(send(`${endpoint.url}/000000000000/none`, 'work')).rejects.toMatchObject({
    name: 'QueueDoesNotExist',
  });
  const purge = new PurgeQueueCommand({ QueueUrl: await newQueue() });
  await expect(sqs.send(purge)).rejects.toThrow("the local system's SQS has no PurgeQueue");
});
