/** Pauses before a worker that died is started again, in ms: doubled each time. */
export const RESTART_PAUSE_MS = { first: 500, longest: 30_000 } as const;

/** A worker that lived for so long, in ms, did not die of its start. */
export const LIVED_MS = 60_000;

/** So many deaths in a row of workers that had hardly started, and the task is given up. */
export const MOST_DEATHS = 5;

/**
 * What becomes of a worker that died, by how long it lived each time, in ms.
 * @returns on each death the pause before it is started again, in ms; undefined when it is not to be
 */
export function createRestarts(): (livedMs: number) => number | undefined {
  let deaths = 0;
  return (livedMs) => {
    deaths = livedMs >= LIVED_MS ? 1 : deaths + 1;
    if (deaths >= MOST_DEATHS) return undefined;
    return Math.min(RESTART_PAUSE_MS.longest, RESTART_PAUSE_MS.first * 2 ** (deaths - 1));
  };
}
