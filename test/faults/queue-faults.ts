import * as v from 'valibot';
import type { AwsAnswer, AwsCall, Forward } from './aws-faults.ts';
import type { Happens } from './dynamodb-faults.ts';

const received = v.looseObject({ Messages: v.optional(v.array(v.unknown())) });

/**
 * SQS as it may be: a message that was received is received once more, by the same or another consumer, under
 * the same ID and receipt handle, while the first is still at work on it or after it is done; and a deletion
 * that was answered is not done, so that the message comes again after its visibility timeout.
 */
export function createQueueFaults(
  happens: Happens,
  lateness: () => number,
): (call: AwsCall, forward: Forward) => Promise<AwsAnswer> {
  const again: { queue: string; message: unknown; due: number }[] = [];

  const receive = async (call: AwsCall, forward: Forward): Promise<AwsAnswer> => {
    const queue = queueOf(call);
    const answer = await forward(withShortPoll(call, again.length > 0));
    if (answer.status !== 200) return answer;
    const { Messages = [], ...rest } = v.parse(received, JSON.parse(answer.body.toString()));
    const now = Date.now();
    const repeated = again
      .filter((each) => each.queue === queue && each.due <= now)
      .slice(0, 10 - Messages.length);
    for (const each of repeated) again.splice(again.indexOf(each), 1);
    for (const message of Messages) {
      if (happens('messageTwice')) again.push({ queue, message, due: now + lateness() });
    }
    if (repeated.length === 0) return answer;
    const body = { ...rest, Messages: [...Messages, ...repeated.map(({ message }) => message)] };
    return { ...answer, body: Buffer.from(JSON.stringify(body)) };
  };

  return async (call, forward) => {
    if (call.target === 'AmazonSQS.ReceiveMessage') return receive(call, forward);
    if (call.target === 'AmazonSQS.DeleteMessage' && happens('deleteLost')) {
      return {
        status: 200,
        headers: { 'content-type': 'application/x-amz-json-1.0' },
        body: Buffer.from('{}'),
      };
    }
    return forward(call);
  };
}

function queueOf({ body }: AwsCall): string {
  return v.parse(v.object({ QueueUrl: v.string() }), JSON.parse(body.toString())).QueueUrl;
}

/** While there is something to give again, a long poll does not wait for something new. */
function withShortPoll(call: AwsCall, isShort: boolean): AwsCall {
  if (!isShort) return call;
  const input: object = JSON.parse(call.body.toString());
  return { ...call, body: Buffer.from(JSON.stringify({ ...input, WaitTimeSeconds: 1 })) };
}
