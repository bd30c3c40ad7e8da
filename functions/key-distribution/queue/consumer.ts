import { setTimeout as delay } from 'node:timers/promises';
import { type Message, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { DeliveryInterrupted } from '../../../lib/distribution/errors.ts';
import type { Refusal, WorkResult } from '../../../lib/distribution/push/work.ts';
import { sendDeadLetter } from '../../dead-letter.ts';
import { MAX_ENTRIES } from './batcher.ts';
import { ReceivedMessages, type ReceivedMessagesOptions } from './received-messages.ts';
import { sendEntries } from './send-units.ts';
import { inTrace, TRACE_HEADER } from './trace-attribute.ts';

/** How a queue is consumed. */
export interface QueueConsumerOptions extends ReceivedMessagesOptions {
  /** Where messages go that can't succeed. */
  readonly deadLetterQueueUrl: string;
  readonly handle: (body: string, traceHeader: string | undefined) => Promise<WorkResult>;
  /** Whether messages tell their traces. */
  readonly isTraced: boolean;
  /** Reports a message that goes there. */
  readonly onRefused: (refusal: Refusal) => void;
  /** Whether the consumer may take more messages while `inProgress` messages are in progress. */
  readonly hasCapacity: (inProgress: number) => boolean;
  /** Observes when a message was put into the queue, by the queue's clock, ms since the epoch. */
  readonly onSentAt: (sentAt: number) => void;
}

/** What is asked of each message. */
const ATTRIBUTES = ['SentTimestamp', 'ApproximateReceiveCount'] as const;

/** Pause after a failed call to the queue, in ms. */
const PAUSE_MS = 1000;
/** How often a consumer without capacity looks for some, in ms. */
const LOOK_MS = 20;
/** Long poll, in seconds: the most that SQS allows. */
const WAIT_S = 20;
/** Long polls side by side. */
const POLLS = 2;
/**
 * How long a message whose handling failed stays invisible, in s: twice as long each time, so that ten times
 * outlast a quarter of an hour in which a service is away or throttles.
 */
const RETRY_AFTER_S = { first: 5, max: 300 } as const;
/**
 * How long a message whose handling was interrupted stays invisible, in s. The clock of a sender that has
 * just started may be that much behind, and its messages to the same UEs must have greater counters.
 */
const RETURN_AFTER_S = 1;
/** SQS delays a message for 15 minutes at most. */
const MAX_DELAY_S = 900;

/**
 * Polls a queue and gives each message's body to `handle`:
 * - done: the message is deleted;
 * - for later: the message is put into the queue anew with a delay, since SQS would count it as failed
 *   otherwise;
 * - refused: the message goes to the dead-letter queue with the reason, and is deleted;
 * - interrupted: the message comes again in a second, for another consumer;
 * - failed: the message comes again in some seconds, later each time, and at last goes to the dead-letter
 *   queue.
 *
 * A message stays invisible to other consumers while it is in progress.
 */
export class QueueConsumer {
  readonly #options: QueueConsumerOptions;
  readonly #received: ReceivedMessages;
  readonly #inProgress = new Set<Promise<void>>();
  readonly #stopping = new AbortController();
  readonly #polls: Promise<unknown>;
  #lastAnswerAt = Date.now();

  /** Starts polling. */
  constructor(options: QueueConsumerOptions) {
    this.#options = options;
    this.#received = new ReceivedMessages(options);
    this.#polls = Promise.all(Array.from({ length: POLLS }, () => this.#poll()));
  }

  /** Messages in progress. */
  get inProgress(): number {
    return this.#received.count;
  }

  /** How long ago the queue answered, in ms. */
  get msSinceAnswer(): number {
    return Date.now() - this.#lastAnswerAt;
  }

  /** Takes no further message. */
  async stopTaking(): Promise<void> {
    this.#stopping.abort();
    await this.#polls;
  }

  /**
   * After `stopTaking`: resolves when all messages in progress are done or returned, and the queue knows it.
   */
  async settled(): Promise<void> {
    await Promise.all(this.#inProgress);
    await this.#received.close();
  }

  async #poll(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      if (!this.#options.hasCapacity(this.inProgress)) {
        await delay(LOOK_MS);
        continue;
      }
      try {
        for (const message of await this.#receive()) this.#take(message);
      } catch (error) {
        if (signal.aborted) return;
        this.#options.report('receive-failed', error);
        await delay(PAUSE_MS);
      }
    }
  }

  async #receive(): Promise<readonly Message[]> {
    const { sqs, queueUrl, isTraced } = this.#options;
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: queueUrl,
        MaxNumberOfMessages: MAX_ENTRIES,
        WaitTimeSeconds: WAIT_S,
        MessageSystemAttributeNames: isTraced ? [...ATTRIBUTES, TRACE_HEADER] : [...ATTRIBUTES],
      }),
      { abortSignal: this.#stopping.signal },
    );
    this.#lastAnswerAt = Date.now();
    return Messages;
  }

  #take(message: Message): void {
    const sentAt = Number(message.Attributes?.SentTimestamp);
    if (Number.isFinite(sentAt)) this.#options.onSentAt(sentAt);
    const handling = this.#handle(message).finally(() => this.#inProgress.delete(handling));
    this.#inProgress.add(handling);
  }

  async #handle({ Body = '', ReceiptHandle = '', Attributes = {} }: Message): Promise<void> {
    const received = this.#received;
    received.keep(ReceiptHandle);
    try {
      const traceHeader = Attributes[TRACE_HEADER];
      const result = await this.#options.handle(Body, traceHeader);
      if (result.kind === 'refused') await this.#bury(Body, result.refusal);
      if (result.kind === 'later') await this.#sendAgain(Body, result.afterMs, traceHeader);
      await received.delete(ReceiptHandle);
    } catch (error) {
      if (error instanceof DeliveryInterrupted) await received.returnAfter(ReceiptHandle, RETURN_AFTER_S);
      else {
        this.#options.report('handle-failed', error, Body);
        await received.returnAfter(ReceiptHandle, retryAfter(Attributes));
      }
    } finally {
      received.release(ReceiptHandle);
    }
  }

  /** Before the message is deleted: one that is cut off in between is buried twice, never lost. */
  async #bury(body: string, refusal: Refusal): Promise<void> {
    const { sqs, deadLetterQueueUrl, onRefused } = this.#options;
    await sendDeadLetter(sqs, deadLetterQueueUrl, body, refusal);
    onRefused(refusal);
  }

  async #sendAgain(body: string, afterMs: number, traceHeader: string | undefined): Promise<void> {
    const { sqs, queueUrl } = this.#options;
    const DelaySeconds = Math.min(MAX_DELAY_S, Math.max(1, Math.ceil(afterMs / 1000)));
    await sendEntries(sqs, queueUrl, [{ MessageBody: body, DelaySeconds, ...inTrace(traceHeader) }]);
  }
}

/** In s, by how often the message has been received. */
function retryAfter({ ApproximateReceiveCount: received }: NonNullable<Message['Attributes']>): number {
  const failedBefore = Math.max(1, Number(received ?? 1)) - 1;
  return Math.min(RETRY_AFTER_S.max, RETRY_AFTER_S.first * 2 ** failedBefore);
}
