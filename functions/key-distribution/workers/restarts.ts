/** Pauses before a worker that died is started again, in ms: doubled each time. */
export const RESTART_PAUSE_MS = { first: 500, max: 30_000 } as const;

/** A worker that lived this long, in ms, did not die of its start. */
export const LIVED_MS = 60_000;

/** At this number of deaths in a row, each soon after the start, the task gives up. */
export const MAX_DEATHS = 5;

/** Decides when a worker is started again each time it dies. */
export class RestartPolicy {
  #deaths = 0;

  /**
   * Counts a death.
   * @param livedMs how long the worker lived, in ms
   * @returns the pause before the worker is started again, in ms; undefined: do not start it again
   */
  pauseAfterDeath(livedMs: number): number | undefined {
    this.#deaths = livedMs >= LIVED_MS ? 1 : this.#deaths + 1;
    if (this.#deaths >= MAX_DEATHS) return undefined;
    return Math.min(RESTART_PAUSE_MS.max, RESTART_PAUSE_MS.first * 2 ** (this.#deaths - 1));
  }
}
