/** The greatest difference between the service's clock and the own one since a time, in ms. */
interface Window {
  readonly since: number;
  ahead: number;
}

/**
 * The clock of AWS, as far as this sender has observed it. MIKEY counters follow from it, so that senders
 * whose own clocks differ by seconds count alike.
 *
 * A time that a service reports is past when it arrives, so the greatest difference to the own clock is the
 * closest one, from below: within 1 s after one answer, whose date has whole seconds, and within some ms
 * after many. This clock is never ahead of the queue's. A message that answers another over the queue
 * therefore has the greater counter, whichever senders make the two.
 */
export class ServiceClock {
  readonly #own: () => number;
  readonly #forgetAfterMs: number;
  #window: Window;
  #previous: Window;
  #last = Number.NEGATIVE_INFINITY;

  /**
   * @param own ms of a clock that runs at an even pace; after the first `observe`, its start does not matter
   * @param forgetAfterMs a difference is forgotten after one to two such times, in which two clocks drift
   * apart by a few ms
   */
  constructor(own: () => number, forgetAfterMs = 600_000) {
    this.#own = own;
    this.#forgetAfterMs = forgetAfterMs;
    this.#window = { since: own(), ahead: Number.NEGATIVE_INFINITY };
    this.#previous = this.#window;
  }

  /**
   * Takes in a time that a service has just reported: the date of an answer, or when a message was put in the
   * queue.
   */
  observe(serviceTime: number): void {
    const now = this.#own();
    if (now - this.#window.since > this.#forgetAfterMs) {
      this.#previous = this.#window;
      this.#window = { since: now, ahead: Number.NEGATIVE_INFINITY };
    }
    this.#window.ahead = Math.max(this.#window.ahead, serviceTime - now);
  }

  /** ms since the epoch. Never goes back; after the first `observe`, never ahead of the service's clock. */
  now(): number {
    const ahead = Math.max(this.#window.ahead, this.#previous.ahead);
    this.#last = Math.max(this.#last, Math.floor(this.#own() + (Number.isFinite(ahead) ? ahead : 0)));
    return this.#last;
  }
}
