/** How long it is gone on trying, and where the waiting is done. */
export interface Patience {
  readonly tries: number;
  /** ms before the second try; it doubles with each further one, up to `mostMs`. */
  readonly firstMs: number;
  readonly mostMs: number;
  readonly pause: (ms: number) => Promise<void>;
}

/**
 * Tries again what failed: for what may be repeated, and whose failure would throw away more than it costs to wait.
 * @throws what the last try threw
 */
export async function patiently<T>(patience: Patience, attempt: () => Promise<T>): Promise<T> {
  for (let tried = 1; ; tried++) {
    try {
      return await attempt();
    } catch (error) {
      if (tried >= patience.tries) throw error;
      await patience.pause(Math.min(patience.mostMs, patience.firstMs * 2 ** (tried - 1)));
    }
  }
}
