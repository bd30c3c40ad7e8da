import { DigestError } from './errors.ts';

/** The nonce counts seen under one nonce. Counts up to `floor` are refused, seen or not. */
export interface NonceCountWindow {
  readonly floor: number;
  readonly seen: ReadonlySet<number>;
}

/** Counts in one generation. The window holds two, so a request may be overtaken by at least 64 others. */
export const NONCE_COUNT_WIDTH = 64;

/** The highest count of 8 hexadecimal digits. */
export const MAX_NONCE_COUNT = 0xffffffff;

/** The window before the first request. */
export const EMPTY_WINDOW: NonceCountWindow = { floor: 0, seen: new Set() };

// @clause RFC 7616 §3.4 s4
/** Parses `nc`: 8 hexadecimal digits, from 1 on (RFC 7616 §3.4). @throws DigestError `bad-parameter` */
export function parseNonceCount(text: string): number {
  const nc = /^[0-9a-f]{8}$/i.test(text) ? Number.parseInt(text, 16) : 0;
  if (nc === 0) throw new DigestError('bad-parameter', 'nc must be 8 hexadecimal digits from 00000001 on');
  return nc;
}

/**
 * Formats `nc` as 8 lower-case hexadecimal digits.
 * @throws DigestError `bad-parameter` unless it is from 1 to 2^32 - 1
 */
export function formatNonceCount(nc: number): string {
  if (!isNonceCount(nc)) {
    throw new DigestError('bad-parameter', 'nc is a whole number from 1 to 4294967295: take a new nonce');
  }
  return nc.toString(16).padStart(8, '0');
}

/** The generation of a count, from 0 on: counts 1 to 64 have generation 0. */
export function generationOf(nc: number): number {
  return Math.floor((nc - 1) / NONCE_COUNT_WIDTH);
}

/** Whether a count is unused. Changes nothing: mark the count once the digest is right. */
export function isNonceCountFresh({ floor, seen }: NonceCountWindow, nc: number): boolean {
  return isNonceCount(nc) && nc > floor && !seen.has(nc);
}

/**
 * Returns the window after `nc`. It slides to hold the generation of the highest count and the one before, at
 * most 128 counts. A count up to the floor changes nothing.
 */
export function markNonceCount({ floor, seen }: NonceCountWindow, nc: number): NonceCountWindow {
  const next = Math.max(floor, (generationOf(nc) - 1) * NONCE_COUNT_WIDTH);
  return { floor: next, seen: new Set([...seen, nc].filter((count) => count > next)) };
}

function isNonceCount(nc: number): boolean {
  return Number.isInteger(nc) && nc >= 1 && nc <= MAX_NONCE_COUNT;
}
