import { createHash, randomUUID } from 'node:crypto';
import { AwsError } from './aws-error.ts';

/** Settings of a queue: times in ms. */
export interface QueueSettings {
  readonly visibilityTimeoutMs: number;
  /** The queue for messages that were received `maxReceiveCount` times and not deleted. */
  readonly redrive?: { readonly maxReceiveCount: number; readonly deadLetters: () => SqsQueue };
}

/** The attributes of a message, by name: text only. */
export type MessageAttributes = Readonly<
  Record<string, { readonly DataType: 'String'; readonly StringValue: string }>
>;

/** A message that a consumer received, with the handle to delete it by. */
export interface ReceivedMessage {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  readonly attributes: MessageAttributes;
  readonly sentAt: number;
  readonly firstReceivedAt: number;
  readonly receiveCount: number;
  /** The trace that it belongs to. */
  readonly traceHeader: string | undefined;
}

/** What a message is sent with, beside its body. */
export interface SendOptions {
  readonly delayMs?: number;
  readonly attributes?: MessageAttributes;
  readonly traceHeader?: string | undefined;
}

interface StoredMessage {
  readonly messageId: string;
  readonly body: string;
  readonly attributes: MessageAttributes;
  readonly traceHeader: string | undefined;
  /** Ms since the epoch, as are all times here. */
  readonly sentAt: number;
  visibleAt: number;
  receiptHandle?: string;
  firstReceivedAt?: number;
  receiveCount: number;
}

/**
 * One standard queue of SQS in memory. It keeps messages until they are deleted, whatever their retention
 * period.
 */
export class SqsQueue {
  readonly #settings: QueueSettings;
  /** By message ID, in the order in which they were sent. */
  readonly #messages = new Map<string, StoredMessage>();
  readonly #byHandle = new Map<string, StoredMessage>();
  /** Long polls that look again when a message may have become visible. */
  readonly #waiting = new Set<() => void>();

  constructor(settings: QueueSettings) {
    this.#settings = settings;
  }

  /** @returns the ID of the message */
  send(body: string, { delayMs = 0, attributes = {}, traceHeader }: SendOptions = {}): string {
    const sentAt = Date.now();
    const visibleAt = sentAt + delayMs;
    const messageId = randomUUID();
    return this.#add({ messageId, body, attributes, traceHeader, sentAt, visibleAt, receiveCount: 0 });
  }

  /**
   * Receives up to `max` messages: those that are visible now, or the first that become visible within
   * `waitMs`. Takes no message for a consumer that has hung up, which `hungUp` reports.
   */
  async receive(
    options: { readonly max: number; readonly waitMs: number; readonly visibilityTimeoutMs?: number },
    hungUp: AbortSignal,
  ): Promise<ReceivedMessage[]> {
    const until = Date.now() + options.waitMs;
    while (!hungUp.aborted) {
      const received = this.#takeVisible(options.max, options.visibilityTimeoutMs);
      const now = Date.now();
      if (received.length > 0 || now >= until) return received;
      await this.#change(Math.min(until, this.#nextVisibleAt(now)) - now, hungUp);
    }
    return [];
  }

  /** A handle that is not the latest of its message deletes nothing, as in SQS. */
  delete(receiptHandle: string): void {
    const message = this.#byHandle.get(receiptHandle);
    if (message !== undefined) this.#remove(message);
  }

  /**
   * @throws AwsError when nobody has received the message under this handle, or its visibility timeout has
   * passed
   */
  changeVisibility(receiptHandle: string, timeoutMs: number): void {
    const message = this.#byHandle.get(receiptHandle);
    const now = Date.now();
    if (message === undefined)
      throw new AwsError('ReceiptHandleIsInvalid', 'The receipt handle is not valid.');
    if (message.visibleAt <= now) throw new AwsError('MessageNotInflight', 'The message is not in flight.');
    message.visibleAt = now + timeoutMs;
    this.#wake();
  }

  /** Messages that are visible, that consumers hold, and whose delay has not passed. */
  counts(): { readonly visible: number; readonly inFlight: number; readonly delayed: number } {
    const counts = { visible: 0, inFlight: 0, delayed: 0 };
    const now = Date.now();
    for (const { visibleAt, receiveCount } of this.#messages.values()) {
      if (visibleAt <= now) counts.visible += 1;
      else if (receiveCount > 0) counts.inFlight += 1;
      else counts.delayed += 1;
    }
    return counts;
  }

  #takeVisible(max: number, visibilityTimeoutMs = this.#settings.visibilityTimeoutMs): ReceivedMessage[] {
    const { redrive } = this.#settings;
    const received: ReceivedMessage[] = [];
    const now = Date.now();
    for (const message of this.#messages.values()) {
      if (received.length === max) break;
      if (message.visibleAt > now) continue;
      if (redrive !== undefined && message.receiveCount >= redrive.maxReceiveCount) {
        this.#remove(message);
        redrive.deadLetters().#add({ ...message, visibleAt: now, receiveCount: 0 });
      } else received.push(this.#hold(message, now, visibilityTimeoutMs));
    }
    return received;
  }

  #hold(message: StoredMessage, now: number, visibilityTimeoutMs: number): ReceivedMessage {
    const { messageId, body, attributes, traceHeader, sentAt, firstReceivedAt = now } = message;
    const receiptHandle = randomUUID();
    this.#byHandle.delete(message.receiptHandle ?? '');
    this.#byHandle.set(receiptHandle, message);
    const receiveCount = message.receiveCount + 1;
    Object.assign(message, {
      receiptHandle,
      firstReceivedAt,
      receiveCount,
      visibleAt: now + visibilityTimeoutMs,
    });
    return { messageId, receiptHandle, body, attributes, traceHeader, sentAt, firstReceivedAt, receiveCount };
  }

  #add(message: StoredMessage): string {
    this.#messages.set(message.messageId, message);
    this.#wake();
    return message.messageId;
  }

  #remove({ messageId, receiptHandle = '' }: StoredMessage): void {
    this.#messages.delete(messageId);
    this.#byHandle.delete(receiptHandle);
  }

  #nextVisibleAt(now: number): number {
    let next = Number.POSITIVE_INFINITY;
    for (const { visibleAt } of this.#messages.values())
      if (visibleAt > now && visibleAt < next) next = visibleAt;
    return next;
  }

  #wake(): void {
    for (const look of this.#waiting) look();
  }

  /** Resolves after `ms`, or earlier when a message may have become visible or the consumer has hung up. */
  #change(ms: number, hungUp: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        clearTimeout(timer);
        this.#waiting.delete(look);
        hungUp.removeEventListener('abort', look);
        resolve();
      };
      const timer = setTimeout(look, ms);
      this.#waiting.add(look);
      hungUp.addEventListener('abort', look);
    });
  }
}

/** MD5 of a body, in hexadecimal digits: the SDK checks it. */
export function md5Of(body: string): string {
  return createHash('md5').update(body).digest('hex');
}
