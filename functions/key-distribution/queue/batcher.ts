/** Gathers entries, and does something with up to ten of them at once: what SQS takes in one call. */
export interface Batcher<T> {
  /** Resolves when the entry's batch is through. */
  readonly add: (entry: T) => Promise<void>;
  /** Sends off what is gathered. */
  readonly flush: () => Promise<void>;
}

/** Entries of one call. */
export const MAX_ENTRIES = 10;

/** Waits for `gatherMs` after the first entry of a batch, unless it is full before. `send` does not throw. */
export function createBatcher<T>(
  gatherMs: number,
  send: (entries: readonly T[]) => Promise<void>,
): Batcher<T> {
  let gathered: T[] = [];
  let through = Promise.withResolvers<void>();
  let timer: NodeJS.Timeout | undefined;

  const flush = async () => {
    clearTimeout(timer);
    timer = undefined;
    const [entries, { promise, resolve }] = [gathered, through];
    gathered = [];
    through = Promise.withResolvers();
    if (entries.length > 0) await send(entries);
    resolve();
    return promise;
  };

  return {
    add: (entry) => {
      gathered.push(entry);
      const { promise } = through;
      if (gathered.length === MAX_ENTRIES) void flush();
      else timer ??= setTimeout(flush, gatherMs);
      return promise;
    },
    flush,
  };
}
