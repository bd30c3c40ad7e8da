/** The longest time for which a socket is left alone, in ms: what an answer may wait for at most. */
const LONGEST_MS = 32;
/** Datagrams that may come meanwhile: a quarter of what Linux keeps for a socket that nobody reads. */
const MOST = 64;
/** Where fewer are to be expected, looking for them costs more than they cost one by one. */
const FEWEST = 2;

/**
 * Says how long to leave a socket alone after it was read. Datagrams that come one by one cost a turn of the
 * event loop and a system call each; those of a pause share both, and fill the lanes of the checker. Where
 * few come, each is read at once; where many come, pauses are as short as their number demands.
 */
export class ReceivePace {
  #readAt = Number.NEGATIVE_INFINITY;

  /**
   * @param count datagrams that were read just now
   * @param now ms of a clock that does not go back
   * @returns ms; 0: read again as soon as something comes
   */
  pauseAfter(count: number, now: number): number {
    const perMs = count / (now - this.#readAt);
    this.#readAt = now;
    const pause = Math.min(LONGEST_MS, MOST / perMs);
    return pause >= 1 && pause * perMs >= FEWEST ? pause : 0;
  }
}
