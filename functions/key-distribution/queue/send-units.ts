import { SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
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

/**
 * Puts units into the queue, ten in a call. Sends units that SQS refuses again, three times in all.
 * @throws QueueError `units-refused` when SQS still refuses some, or the SDK's errors
 */
export async function sendUnits(sqs: SQSClient, queueUrl: string, units: readonly WorkUnit[]): Promise<void> {
  for (const batch of batches(units, MAX_ENTRIES)) {
    let pending = batch.map((unit, index) => ({
      Id: String(index),
      MessageBody: formatUnit(unit),
      ...inTrace(traceHeaderOfCourse()),
    }));
    for (let attempt = 0; pending.length > 0; attempt++) {
      if (attempt === ATTEMPTS)
        throw new QueueError('units-refused', `the queue refused ${pending.length} units`);
      const { Failed = [] } = await sqs.send(
        new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries: pending }),
      );
      const refused = new Set(Failed.map(({ Id }) => Id));
      pending = pending.filter(({ Id }) => refused.has(Id));
    }
  }
}
