/**
 * Whether keys of GBA are past their lifetime (TS 33.220 §4.5.2). Both times in ms since the epoch; at the
 * very instant of its expiry a key is expired.
 */
export function isExpired(expiresAt: number, now: number): boolean {
  return now >= expiresAt;
}

/**
 * How far the clock of a BSF may be ahead of ours, in ms. The MIKEY counter is counted from this much before
 * the bootstrapping, so that it is never negative; one further ahead is refused.
 */
export const HEAD_START_MS = 60_000;
