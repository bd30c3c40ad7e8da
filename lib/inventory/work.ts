import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { WorkQueues } from './dead-letters.ts';

/** What is in the queues; SQS counts roughly. */
export interface WorkOverview {
  readonly waiting: number;
  /** With senders. */
  readonly inFlight: number;
  readonly deadLetters: number;
  /** Events that a rule could not deliver. */
  readonly ruleDeadLetters: number;
}

/** Counts the work of the senders, and the dead letters. */
export async function loadWork(queues: WorkQueues): Promise<WorkOverview> {
  const { sqs, queueUrl, deadLetterQueueUrl, ruleDeadLetterQueueUrl } = queues;
  const [work, deadLetters, ruleDeadLetters] = await Promise.all(
    [queueUrl, deadLetterQueueUrl, ruleDeadLetterQueueUrl].map((url) => depthOf(sqs, url)),
  );
  return {
    waiting: work?.waiting ?? 0,
    inFlight: work?.inFlight ?? 0,
    deadLetters: deadLetters?.all ?? 0,
    ruleDeadLetters: ruleDeadLetters?.all ?? 0,
  };
}

async function depthOf(sqs: SQSClient, queueUrl: string) {
  const { Attributes = {} } = await sqs.send(
    new GetQueueAttributesCommand({
      QueueUrl: queueUrl,
      AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
    }),
  );
  const waiting = Number(Attributes.ApproximateNumberOfMessages ?? 0);
  const inFlight = Number(Attributes.ApproximateNumberOfMessagesNotVisible ?? 0);
  return { waiting, inFlight, all: waiting + inFlight };
}
