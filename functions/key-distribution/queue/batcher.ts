import { withResolvers } from '../../../lib/with-resolvers.ts';

/** Entries that SQS takes in one call. */
export const MAX_ENTRIES = 10;

/** Gathers entries, and sends up to `MAX_ENTRIES` of them in one call. */
export class Batcher<T> {
  readonly #gatherMs: number;
  readonly #send: (entries: readonly T[]) => Promise<void>;
  #gathered: T[] = [];
  /** Resolves when the batch that is being gathered has been sent. */
  #sent = withResolvers<void>();
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param gatherMs how long a batch waits for more entries after its first one, unless it is full before
   * @param send must not throw
   */
  constructor(gatherMs: number, send: (entries: readonly T[]) => Promise<void>) {
    this.#gatherMs = gatherMs;
    this.#send = send;
  }

  /** Resolves when the entry's batch has been sent. */
  add(entry: T): Promise<void> {
    this.#gathered.push(entry);
    const { promise } = this.#sent;
    if (this.#gathered.length === MAX_ENTRIES) void this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), this.#gatherMs);
    return promise;
  }

  /** Sends what is gathered, without waiting for more. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const entries = this.#gathered;
    const sent = this.#sent;
    this.#gathered = [];
    this.#sent = withResolvers();
    if (entries.length > 0) await this.#send(entries);
    sent.resolve();
  }
}
