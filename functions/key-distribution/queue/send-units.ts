import {
  SendMessageBatchCommand,
  type SendMessageBatchRequestEntry,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { batches } from '../../../lib/batches.ts';
import { CodedError } from '../../../lib/coded-error.ts';
import { formatUnit, type WorkUnit } from '../../../lib/distribution/push/work.ts';
import { traceHeaderOfCourse } from '../../course.ts';
import { MAX_ENTRIES } from './batcher.ts';
import { inTrace } from './trace-attribute.ts';

const ATTEMPTS = 3;

/** The queue did not take what it was given. */
export class QueueError extends CodedError<'units-refused'> {
  override readonly name = 'QueueError';
}

/** A message for the queue; where it has a delay, the queue hides it for so many seconds. */
export type QueueEntry = Readonly<Omit<SendMessageBatchRequestEntry, 'Id'>>;

/** Puts units into the queue, as `sendEntries`. */
export function sendUnits(sqs: SQSClient, queueUrl: string, units: readonly WorkUnit[]): Promise<void> {
  return sendEntries(
    sqs,
    queueUrl,
    units.map((unit) => ({ MessageBody: formatUnit(unit), ...inTrace(traceHeaderOfCourse()) })),
  );
}

/**
 * Puts messages into the queue, ten in a call. Sends those that SQS refuses again, three times in all: a call
 * may succeed and have refused each of its entries.
 * @throws QueueError `units-refused` when SQS still refuses some, or the SDK's errors
 */
export async function sendEntries(
  sqs: SQSClient,
  queueUrl: string,
  entries: readonly QueueEntry[],
): Promise<void> {
  for (const batch of batches(entries, MAX_ENTRIES)) {
    let pending = batch.map((entry, index) => ({ Id: String(index), ...entry }));
    for (let attempt = 0; pending.length > 0; attempt++) {
      if (attempt === ATTEMPTS)
        throw new QueueError('units-refused', `the queue refused ${pending.length} messages`);
      const { Failed = [] } = await sqs.send(
        new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries: pending }),
      );
      const refused = new Set(Failed.map(({ Id }) => Id));
      pending = pending.filter(({ Id }) => refused.has(Id));
    }
  }
}
