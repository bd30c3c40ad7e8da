import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { GetQueueAttributesCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LOCAL_CREDENTIALS } from '../../cli/emulator/account.ts';
import { findBmsc } from '../../cli/stack.ts';
import { parseImpi } from '../../lib/gba/impi.ts';
import { loadSubscribers } from '../../lib/store/registration/subscriber.ts';
import type { LocalSystem } from '../../local/system.ts';
import { startTestSystem } from '../local-system.ts';
import { bmsc as runBmsc } from './run.ts';

const run = promisify(execFile);
let system: LocalSystem;
let sqs: SQSClient;

beforeAll(async () => {
  system = await startTestSystem();
  sqs = new SQSClient({
    endpoint: system.endpointUrl,
    region: 'us-east-1',
    credentials: LOCAL_CREDENTIALS,
  });
});
afterAll(() => system?.close());

async function bmsc(...args: readonly string[]): Promise<Record<string, unknown>[]> {
  const program = join(import.meta.dirname, '../../cli/bmsc.ts');
  const { stdout } = await run(process.execPath, [
    program,
    ...args,
    '--endpoint-url',
    system.endpointUrl,
    '--json',
  ]);
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line): Record<string, unknown> => JSON.parse(line));
}

async function waiting(queueUrl = ''): Promise<number> {
  const { Attributes = {} } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['All'] }),
  );
  return (
    Number(Attributes.ApproximateNumberOfMessages) + Number(Attributes.ApproximateNumberOfMessagesNotVisible)
  );
}

/** The body of a message that solicits a UE which nobody has provisioned; each `eventId` is another push. */
function solicitation(eventId: string): string {
  const metadata = {
    schemaVersion: '1.0',
    eventId,
    correlationId: eventId,
    idempotencyKey: eventId,
    occurredAt: '',
  };
  const data = { keyDomainId: '00f110', keyGroup: '0001', target: { ues: ['nobody@home1.net'] } };
  const event = {
    source: 'bmsc.keymanagement',
    'detail-type': 'Solicit MSK Pull',
    detail: { metadata, data },
  };
  return JSON.stringify(event);
}

test('redrive lists dead letters, then gives them back to the sender, which takes them', async () => {
  const { DeadLetterQueueUrl, RuleDeadLetterQueueUrl } = system.outputs;
  await bmsc('provision', 'service', 'urn:example:news', '--key-group', '001-01/0001');
  for (const QueueUrl of [DeadLetterQueueUrl, RuleDeadLetterQueueUrl])
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: solicitation(randomUUID()) }));

  const failed: unknown[] = [];
  system.onEvent((event) => {
    if (event['detail-type'] === 'MSK Delivery Failed') failed.push(event);
  });
  const letter = { detailType: 'Solicit MSK Pull', id: expect.any(String), receiveCount: expect.any(Number) };
  const listed = await bmsc('redrive', '--list');
  expect(listed).toMatchObject([letter, letter, { count: 2 }]);
  expect(await bmsc('redrive', '--list')).toMatchObject([letter, letter, { count: 2 }]);
  expect(await bmsc('redrive')).toMatchObject([letter, letter, { count: 2 }]);
  expect(await waiting(DeadLetterQueueUrl)).toBe(0);
  expect(await waiting(RuleDeadLetterQueueUrl)).toBe(0);
  await expect.poll(() => failed.length, { timeout: 5000 }).toBe(2);
  expect(await bmsc('redrive', '--list')).toEqual([{ count: 0 }]);
});

test('redrive shows the reason of a dead letter, and discards the one that it is told to', async () => {
  const { DeadLetterQueueUrl: QueueUrl } = system.outputs;
  const attribute = (StringValue: string) => ({ DataType: 'String', StringValue });
  const MessageAttributes = { reason: attribute('bad-data'), message: attribute('target.ues: too many') };
  const { MessageId = '' } = await sqs.send(
    new SendMessageCommand({ QueueUrl, MessageBody: solicitation(randomUUID()), MessageAttributes }),
  );
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: solicitation(randomUUID()) }));
  const listed = await bmsc('redrive', '--list');
  expect(listed.find(({ id }) => id === MessageId)).toMatchObject({
    reason: 'bad-data',
    message: 'target.ues: too many',
    sentAt: expect.stringMatching(/Z$/),
  });
  await expect(bmsc('redrive', '--discard', MessageId)).rejects.toThrow('--yes');
  await expect(bmsc('redrive', '--discard', 'none', '--yes')).rejects.toThrow('there is no dead letter none');
  expect(await bmsc('redrive', '--discard', MessageId, '--yes')).toMatchObject([{ id: MessageId }]);
  expect(await bmsc('redrive', '--list')).toMatchObject([{}, { count: 1 }]);
});

test('a subscription to a User Service that is not there is refused, and written by nobody', async () => {
  const impi = '001010000000042@home1.net';
  const args = ['provision', 'subscription', impi, 'urn:example:nowhere'];
  const refused = runBmsc(...args, '--endpoint-url', system.endpointUrl);
  expect(await refused).toMatchObject({ code: 1, stderr: expect.stringContaining('no User Service') });
  const { store } = await findBmsc({ stack: 'BmscService', endpointUrl: system.endpointUrl, local: true });
  expect(await loadSubscribers(store, [parseImpi(impi)])).toEqual(new Map());
});
