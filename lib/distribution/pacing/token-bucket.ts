/** Lets so many pass a second, and a few at once. Times are ms of any clock that does not go back. */
export interface TokenBucket {
  /** How long until one may pass, in ms; 0: now. */
  readonly wait: (now: number) => number;
  /** One passes. To be called only when `wait` is 0. */
  readonly take: (now: number) => void;
}

/** What may pass at once: what comes together in so many ms. */
const BURST_MS = 50;

/** A bucket of `perSecond` tokens a second, full at first. It holds what comes together in 50 ms, and at least one. */
export function createTokenBucket(perSecond: number): TokenBucket {
  const interval = 1000 / perSecond;
  const tolerance = Math.max(0, BURST_MS - interval);
  // When the bucket is full again: one number tells how full it is.
  let fullAt = Number.NEGATIVE_INFINITY;
  return {
    wait: (now) => Math.max(0, fullAt - tolerance - now),
    take: (now) => {
      fullAt = Math.max(fullAt, now) + interval;
    },
  };
}

/** A bucket that lets everything pass. */
export const UNLIMITED: TokenBucket = { wait: () => 0, take: () => {} };
