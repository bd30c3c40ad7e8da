import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { batches } from '../../../lib/batches.ts';
import { DeliveryInterrupted } from '../../../lib/distribution/errors.ts';
import type { WorkResult } from '../../../lib/distribution/push/work.ts';
import { createBatcher } from './batcher.ts';

/** Takes messages from a queue until it is told to stop. */
export interface QueueConsumer {
  /** Takes no further message. */
  readonly stopTaking: () => Promise<void>;
  /** Resolves when those at work are done, given back or left, and the queue knows it. */
  readonly settled: () => Promise<void>;
  /** Messages at work. */
  readonly inHand: number;
  /** When the queue last answered, ms since the epoch. */
  readonly lastAnswer: () => number;
}

/** How a queue is consumed. */
export interface QueueConsumerOptions {
  readonly sqs: SQSClient;
  readonly queueUrl: string;
  /** The queue's: messages at work are held for as long again and again. */
  readonly visibilityTimeoutMs: number;
  readonly handle: (body: string) => Promise<WorkResult>;
  /** Whether more work may be taken while so many messages are at work. */
  readonly mayTake: (inHand: number) => boolean;
  /** When a message was put into the queue, by the queue's clock, ms since the epoch. */
  readonly onSentAt: (sentAt: number) => void;
  readonly report: (what: QueueFailure, error: unknown) => void;
}

/** What can go wrong beside the work itself. */
export type QueueFailure =
  | 'receive-failed'
  | 'handle-failed'
  | 'delete-failed'
  | 'extend-failed'
  | 'return-failed';

/** Pause after a failed call to the queue, in ms. */
const PAUSE_MS = 1000;
/** How often it is asked whether more work may be taken, in ms. */
const LOOK_MS = 20;
/** Long poll, in seconds: the most that SQS allows. */
const WAIT_S = 20;
/** Long polls side by side. */
const POLLS = 2;
/**
 * A message whose handling failed comes again after so long, in s: twice as long each time, so that ten times outlast a
 * quarter of an hour in which a service is away or throttles.
 */
const AGAIN_AFTER_S = { first: 5, most: 300 } as const;
/**
 * A message whose handling was interrupted comes again after a second: the clock of a sender that has just started may
 * be so much behind, and its messages to the same UEs must have greater counters.
 */
const RETURN_AFTER_S = 1;
/** Deletions are gathered for so long, in ms. */
const GATHER_MS = 50;
/** SQS delays a message for 15 minutes at most. */
const MAX_DELAY_S = 900;

/**
 * Polls the queue and hands each message's body to `handle`. A message that is done is deleted. One whose handling
 * throws comes again in some seconds, each time later, and ends in the dead-letter queue when that goes on. One that is for later is put
 * into the queue anew, with a delay, for SQS would count it as failed otherwise. One that was interrupted comes again in a
 * second, for another consumer. As long as a message is at work it is held.
 */
export function consumeQueue(options: QueueConsumerOptions): QueueConsumer {
  const { sqs, queueUrl: QueueUrl, visibilityTimeoutMs, report } = options;
  const polling = new AbortController();
  const atWork = new Map<string, { since: number }>();
  const work = new Set<Promise<void>>();
  let lastAnswer = Date.now();

  const deletions = createBatcher<string>(GATHER_MS, async (handles) => {
    const { Failed = [] } = await sqs
      .send(
        new DeleteMessageBatchCommand({
          QueueUrl,
          Entries: handles.map((ReceiptHandle, index) => ({ Id: String(index), ReceiptHandle })),
        }),
      )
      .catch((error: unknown) => ({ Failed: [{ Message: String(error) }] }));
    for (const { Message } of Failed) report('delete-failed', new Error(Message));
  });

  const setVisibility = async (handles: readonly string[], seconds: number, failure: QueueFailure) => {
    for (const batch of batches(handles, 10)) {
      try {
        await sqs.send(
          new ChangeMessageVisibilityBatchCommand({
            QueueUrl,
            Entries: batch.map((ReceiptHandle, index) => ({
              Id: String(index),
              ReceiptHandle,
              VisibilityTimeout: seconds,
            })),
          }),
        );
      } catch (error) {
        report(failure, error);
      }
    }
  };

  const finish = async (handle: string, body: string, result: WorkResult) => {
    if (result.kind === 'later') {
      const DelaySeconds = Math.min(MAX_DELAY_S, Math.max(1, Math.ceil(result.afterMs / 1000)));
      await sqs.send(
        new SendMessageBatchCommand({ QueueUrl, Entries: [{ Id: '0', MessageBody: body, DelaySeconds }] }),
      );
    }
    await deletions.add(handle);
  };

  const take = async ({ Body = '', ReceiptHandle = '', Attributes = {} }: Message) => {
    atWork.set(ReceiptHandle, { since: Date.now() });
    try {
      await finish(ReceiptHandle, Body, await options.handle(Body));
    } catch (error) {
      if (error instanceof DeliveryInterrupted)
        await setVisibility([ReceiptHandle], RETURN_AFTER_S, 'return-failed');
      else {
        report('handle-failed', error);
        await setVisibility([ReceiptHandle], againAfter(Attributes), 'return-failed');
      }
    } finally {
      atWork.delete(ReceiptHandle);
    }
  };

  const run = async () => {
    while (!polling.signal.aborted) {
      if (!options.mayTake(atWork.size)) {
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
        continue;
      }
      try {
        const { Messages = [] } = await sqs.send(
          new ReceiveMessageCommand({
            QueueUrl,
            MaxNumberOfMessages: 10,
            WaitTimeSeconds: WAIT_S,
            MessageSystemAttributeNames: ['SentTimestamp', 'ApproximateReceiveCount'],
          }),
          { abortSignal: polling.signal },
        );
        lastAnswer = Date.now();
        for (const message of Messages) {
          const sentAt = Number(message.Attributes?.SentTimestamp);
          if (Number.isFinite(sentAt)) options.onSentAt(sentAt);
          const taken = take(message).finally(() => work.delete(taken));
          work.add(taken);
        }
      } catch (error) {
        if (polling.signal.aborted) return;
        report('receive-failed', error);
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      }
    }
  };

  const holding = setInterval(() => {
    const before = Date.now() - visibilityTimeoutMs / 2;
    const held = [...atWork].filter(([, { since }]) => since < before);
    for (const [, hold] of held) hold.since = Date.now();
    const handles = held.map(([handle]) => handle);
    void setVisibility(handles, Math.ceil(visibilityTimeoutMs / 1000), 'extend-failed');
  }, visibilityTimeoutMs / 8);

  const running = Promise.all(Array.from({ length: POLLS }, run));
  return {
    stopTaking: async () => {
      polling.abort();
      await running;
    },
    settled: async () => {
      await Promise.all(work);
      await deletions.flush();
      clearInterval(holding);
    },
    get inHand() {
      return atWork.size;
    },
    lastAnswer: () => lastAnswer,
  };
}

function againAfter({ ApproximateReceiveCount: received }: NonNullable<Message['Attributes']>): number {
  const before = Math.max(1, Number(received ?? 1)) - 1;
  return Math.min(AGAIN_AFTER_S.most, AGAIN_AFTER_S.first * 2 ** before);
}
