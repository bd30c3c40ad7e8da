/** How often an attempt is repeated, and how long the pauses are. */
export interface RetryPolicy {
  /** Attempts in all. */
  readonly attempts: number;
  /** ms before the second attempt. The pause doubles with each further attempt, up to `maxPauseMs`. */
  readonly firstPauseMs: number;
  readonly maxPauseMs: number;
  /** Waits for a time in ms. */
  readonly pause: (ms: number) => Promise<void>;
}

/**
 * Repeats an attempt until it succeeds. It is for steps that may be repeated, and whose failure costs more
 * than the pauses do.
 * @throws the error of the last attempt
 */
export async function retry<T>(policy: RetryPolicy, attempt: () => Promise<T>): Promise<T> {
  for (let made = 1; ; made++) {
    try {
      return await attempt();
    } catch (error) {
      if (made >= policy.attempts) throw error;
      await policy.pause(Math.min(policy.maxPauseMs, policy.firstPauseMs * 2 ** (made - 1)));
    }
  }
}
