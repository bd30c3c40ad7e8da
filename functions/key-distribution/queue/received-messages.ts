import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { batches } from '../../../lib/batches.ts';
import { Batcher, MAX_ENTRIES } from './batcher.ts';

/** Something beside the work itself that failed. */
export type QueueFailure =
  | 'receive-failed'
  | 'handle-failed'
  | 'delete-failed'
  | 'extend-failed'
  | 'return-failed';

/** Reports a failure, with the body of the message where it is of one, and goes on. */
export type ReportFailure = (failure: QueueFailure, error: unknown, body?: string) => void;

/** A queue, and whom its failures are reported to. */
export interface ReceivedMessagesOptions {
  readonly sqs: SQSClient;
  readonly queueUrl: string;
  /** The queue's visibility timeout. */
  readonly visibilityTimeoutMs: number;
  readonly report: ReportFailure;
}

/** How long a batch of deletions waits for more of them, in ms. */
const GATHER_MS = 50;

/**
 * The messages that a consumer has received and not finished, by their receipt handles. Each is kept
 * invisible to other consumers until it is deleted or returned. Calls that fail are reported: the message
 * then comes again.
 */
export class ReceivedMessages {
  readonly #options: ReceivedMessagesOptions;
  readonly #invisibleSince = new Map<string, number>();
  readonly #deletions: Batcher<string>;
  readonly #extending: NodeJS.Timeout;

  constructor(options: ReceivedMessagesOptions) {
    this.#options = options;
    this.#deletions = new Batcher(GATHER_MS, (handles) => this.#deleteAll(handles));
    this.#extending = setInterval(() => this.#extend(), options.visibilityTimeoutMs / 8);
  }

  /** Messages in progress. */
  get count(): number {
    return this.#invisibleSince.size;
  }

  /** Keeps a message invisible from now on. */
  keep(handle: string): void {
    this.#invisibleSince.set(handle, Date.now());
  }

  /** Lets a message's visibility timeout run out, unless it is deleted before. */
  release(handle: string): void {
    this.#invisibleSince.delete(handle);
  }

  /** Resolves when the queue has deleted the message, or the failure is reported. */
  delete(handle: string): Promise<void> {
    return this.#deletions.add(handle);
  }

  /** Lets a message come again in `seconds`. */
  returnAfter(handle: string, seconds: number): Promise<void> {
    return this.#setVisibility([handle], seconds, 'return-failed');
  }

  /** Deletes what waits for its deletion, and keeps nothing any longer. */
  async close(): Promise<void> {
    await this.#deletions.flush();
    clearInterval(this.#extending);
  }

  /** Extends the visibility timeout of those messages that have used half of it. */
  #extend(): void {
    const { visibilityTimeoutMs } = this.#options;
    const now = Date.now();
    const due = [...this.#invisibleSince].filter(([, since]) => since < now - visibilityTimeoutMs / 2);
    const handles = due.map(([handle]) => handle);
    for (const handle of handles) this.#invisibleSince.set(handle, now);
    void this.#setVisibility(handles, Math.ceil(visibilityTimeoutMs / 1000), 'extend-failed');
  }

  async #deleteAll(handles: readonly string[]): Promise<void> {
    const { sqs, queueUrl, report } = this.#options;
    const entries = handles.map((ReceiptHandle, index) => ({ Id: String(index), ReceiptHandle }));
    const { Failed = [] } = await sqs
      .send(new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries: entries }))
      .catch((error: unknown) => ({ Failed: [{ Message: String(error) }] }));
    for (const { Message } of Failed) report('delete-failed', new Error(Message));
  }

  async #setVisibility(handles: readonly string[], seconds: number, failure: QueueFailure): Promise<void> {
    const { sqs, queueUrl, report } = this.#options;
    for (const batch of batches(handles, MAX_ENTRIES)) {
      const entries = batch.map((ReceiptHandle, index) => ({
        Id: String(index),
        ReceiptHandle,
        VisibilityTimeout: seconds,
      }));
      try {
        await sqs.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: queueUrl, Entries: entries }));
      } catch (error) {
        report(failure, error);
      }
    }
  }
}
