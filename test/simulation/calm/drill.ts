import type { Run } from '../simulate.ts';

/**
 * One thing goes wrong, and nothing else: what must come of it is known exactly. A run of many faults can
 * say only what must never be.
 */
export type Drill = (run: Run) => Promise<void>;

/** A page whose sender ends waits for the end of its claim and of the visibility of its message, in ms. */
export const TAKEN_OVER_WITHIN_MS = 300_000;
export const SOON_MS = 20_000;
