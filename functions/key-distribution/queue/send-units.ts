import { SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { batches } from '../../../lib/batches.ts';
import { formatUnit, type WorkUnit } from '../../../lib/distribution/push/work.ts';
import { MAX_ENTRIES } from './batcher.ts';

const ATTEMPTS = 3;

/**
 * Puts units into the queue, ten in a call. Sends units that SQS refuses again, three times in all.
 * @throws Error when SQS still refuses some, or the SDK's errors
 */
export async function sendUnits(sqs: SQSClient, queueUrl: string, units: readonly WorkUnit[]): Promise<void> {
  for (const batch of batches(units, MAX_ENTRIES)) {
    let pending = batch.map((unit, index) => ({ Id: String(index), MessageBody: formatUnit(unit) }));
    for (let attempt = 0; pending.length > 0; attempt++) {
      if (attempt === ATTEMPTS) throw new Error(`the queue refused ${pending.length} units`);
      const { Failed = [] } = await sqs.send(
        new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries: pending }),
      );
      const refused = new Set(Failed.map(({ Id }) => Id));
      pending = pending.filter(({ Id }) => refused.has(Id));
    }
  }
}
