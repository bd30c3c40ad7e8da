/** Limits how often a sender tries to report the progress of each push. */
export class ProgressThrottle {
  readonly #everyMs: number;
  readonly #elapsed: () => number;
  /** When each push was last due, the oldest first. */
  readonly #dueAt = new Map<string, number>();

  /** `elapsed` returns ms of any clock that does not go back. */
  constructor(everyMs: number, elapsed: () => number) {
    this.#everyMs = everyMs;
    this.#elapsed = elapsed;
  }

  /** Whether a report of the push is due: at most once in `everyMs`. A report that is due counts as made. */
  isDue(pushId: string): boolean {
    const now = this.#elapsed();
    this.#forget(now - this.#everyMs);
    if (this.#dueAt.has(pushId)) return false;
    this.#dueAt.set(pushId, now);
    return true;
  }

  #forget(until: number): void {
    for (const [pushId, at] of this.#dueAt) {
      if (at > until) return;
      this.#dueAt.delete(pushId);
    }
  }
}
