import { type Message, SQSClient } from '@aws-sdk/client-sqs';
import { expect, test } from 'vitest';
import { eachDeadLetter } from '../../lib/inventory/dead-letters.ts';

const FIRST = 'https://q/1';

/** A dead letter of an event, under a message ID of its own. */
const letter = (id: string, eventId: string): Message => ({
  MessageId: id,
  ReceiptHandle: id,
  Body: JSON.stringify({ 'detail-type': 'Push MSK', detail: { metadata: { eventId } } }),
});

/** Queues of which the first answers with these batches, one after the other and then empty, in any order. */
function queuesOf(batches: readonly (readonly Message[])[]) {
  const sqs = new SQSClient({ region: 'us-east-1' });
  const left = batches.map((batch) => [...batch]);
  sqs.middlewareStack.add(
    (_next, { commandName }) =>
      async ({ input }) => {
        const isFirst =
          commandName === 'ReceiveMessageCommand' && 'QueueUrl' in input && input.QueueUrl === FIRST;
        const Messages = (isFirst ? left.shift() : undefined) ?? [];
        return { output: { Messages, $metadata: {} }, response: {} };
      },
    { step: 'initialize', priority: 'high' },
  );
  return {
    sqs,
    deadLetterQueueUrl: FIRST,
    ruleDeadLetterQueueUrl: 'https://q/2',
    queueUrl: 'https://q/3',
  };
}

async function eachOf(
  batches: readonly (readonly Message[])[],
  result: 'keep' | 'delete',
): Promise<string[]> {
  const seen: string[] = [];
  await eachDeadLetter(queuesOf(batches), async ({ id }) => {
    seen.push(id);
    return result;
  });
  return seen;
}

test('a redrive goes on after letters that were refused again: a queue gives its messages in any order', async () => {
  const batches = [[letter('a', 'e1')], [letter('a again', 'e1')], [letter('b', 'e2')]];
  expect(await eachOf(batches, 'delete')).toEqual(['a', 'b']);
});

test('a list goes on after a letter that comes twice, and ends when the queue only repeats itself', async () => {
  const [a, b, c] = [letter('a', 'e1'), letter('b', 'e2'), letter('c', 'e3')];
  expect(await eachOf([[a, b], [a], [c]], 'keep')).toEqual(['a', 'b', 'c']);
  const forever = Array.from({ length: 1000 }, () => [a, b]);
  expect(await eachOf(forever, 'keep')).toEqual(['a', 'b']);
});
