/** Failures in a row after which nothing is asked for a while. */
const FAILURES = 5;

/** The first pause, ms; each further failure doubles it. */
const FIRST_PAUSE_MS = 2000;
const LONGEST_PAUSE_MS = 60_000;

/**
 * Stops asking a network that fails. After five failures in a row it is open for 2 s; then one question goes
 * through, and its answer closes it, or opens it for twice as long, up to a minute.
 */
export class CircuitBreaker {
  #failures = 0;
  /** Until when nothing is asked, ms since the epoch. */
  #openUntil = 0;
  #isProbing = false;

  /**
   * Whether a question may be asked; `succeeded`, `failed` or `withdrawn` must follow if so.
   * @param now ms since the epoch
   */
  admits(now: number): boolean {
    if (this.#failures < FAILURES) return true;
    if (this.#isProbing || now < this.#openUntil) return false;
    this.#isProbing = true;
    return true;
  }

  /** How long it is open yet, in ms. */
  opensFor(now: number): number {
    return Math.max(0, this.#openUntil - now);
  }

  /** The question was not asked after all. */
  withdrawn(): void {
    this.#isProbing = false;
  }

  succeeded(): void {
    this.#failures = 0;
    this.#isProbing = false;
  }

  failed(now: number): void {
    this.#failures += 1;
    this.#isProbing = false;
    const beyond = this.#failures - FAILURES;
    if (beyond >= 0) this.#openUntil = now + Math.min(FIRST_PAUSE_MS * 2 ** beyond, LONGEST_PAUSE_MS);
  }
}
