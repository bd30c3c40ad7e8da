/** The nonce counts seen under one nonce: those up to `floor` are refused whether seen or not. */
export interface NonceCountWindow {
  readonly floor: number;
  readonly seen: ReadonlySet<number>;
}

/** Counts in one generation. The window holds two, so requests may overtake each other by at least so many. */
export const NONCE_COUNT_WIDTH = 64;

/** Before the first request. */
export const EMPTY_WINDOW: NonceCountWindow = { floor: 0, seen: new Set() };

/** The generation of a count: 1 to 64 are of the first, which is 0. */
export function generationOf(nc: number): number {
  return Math.floor((nc - 1) / NONCE_COUNT_WIDTH);
}

/** Whether a count was not used yet; a question without effect, to be marked once the digest is right. */
export function isNonceCountFresh({ floor, seen }: NonceCountWindow, nc: number): boolean {
  return nc > floor && !seen.has(nc);
}

/** The window after `nc`: it slides so that it holds the generation of the highest count and the one before. */
export function markNonceCount({ floor, seen }: NonceCountWindow, nc: number): NonceCountWindow {
  const next = Math.max(floor, (generationOf(nc) - 1) * NONCE_COUNT_WIDTH);
  return { floor: next, seen: new Set([...seen, nc].filter((count) => count > next)) };
}
