/** The bucket holds the tokens of this time, in ms. */
const BURST_MS = 50;
/** Who waits for tokens had better wait for those of this time, in ms: many messages cost less together. */
const GATHERED_MS = 25;

/**
 * Limits a rate: a bucket of `perSecond` tokens a second, full at first. It holds the tokens of 50 ms, and at
 * least one. `perSecond` may be infinite. Times are ms of one clock that does not go back.
 */
export class TokenBucket {
  /** ms from one token to the next. */
  readonly #interval: number;
  readonly #tolerance: number;
  /** When the bucket will be full again: this one number shows how full it is. */
  #fullAt = Number.NEGATIVE_INFINITY;

  constructor(perSecond: number) {
    this.#interval = 1000 / perSecond;
    this.#tolerance = Math.max(0, BURST_MS - this.#interval);
  }

  /** The time until there is a token, in ms; 0: there is one now. */
  wait(now: number): number {
    return Math.max(0, this.#fullAt - this.#tolerance - now);
  }

  /**
   * The time after which it is worth looking again, in ms; 0: there is a token now. Later than the first
   * token where the bucket holds those that come meanwhile, so that the rate stays what it is.
   */
  waitToGather(now: number): number {
    const wait = this.wait(now);
    return wait === 0 ? 0 : wait + Math.min(GATHERED_MS, this.#tolerance / 2);
  }

  /** Takes a token. Only to be called when `wait` is 0. */
  take(now: number): void {
    this.#fullAt = Math.max(this.#fullAt, now) + this.#interval;
  }
}
