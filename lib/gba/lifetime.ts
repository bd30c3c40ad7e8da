/**
 * Whether keys of GBA are past their lifetime (TS 33.220 §4.5.2). Both times in ms since the epoch; at the
 * very instant of its expiry a key is expired.
 */
export function isExpired(expiresAt: number, now: number): boolean {
  return now >= expiresAt;
}
