import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  EMPTY_WINDOW,
  formatNonceCount,
  generationOf,
  isNonceCountFresh,
  MAX_NONCE_COUNT,
  markNonceCount,
  NONCE_COUNT_WIDTH,
  type NonceCountWindow,
  parseNonceCount,
} from '../../lib/http-digest/index.ts';

describe('the window of nonce counts', () => {
  test('accepts counts in order, each once', () => {
    const counts = Array.from({ length: 1000 }, (_, index) => index + 1);
    expect(acceptedOf(counts)).toEqual(counts);
    expect(acceptedOf([...counts, ...counts])).toEqual(counts);
  });

  test('accepts 1 to 32 in any order', () => {
    const counts = Array.from({ length: 32 }, (_, index) => index + 1);
    const shuffles = fc.shuffledSubarray(counts, { minLength: 32, maxLength: 32 });
    fc.assert(
      fc.property(shuffles, (shuffled) => {
        expect(acceptedOf(shuffled)).toEqual(shuffled);
      }),
    );
  });

  test('lets a count be overtaken by any of the next 64', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: MAX_NONCE_COUNT - NONCE_COUNT_WIDTH }),
        fc.integer({ min: 1, max: NONCE_COUNT_WIDTH }),
        (late, ahead) => {
          expect(acceptedOf([late + ahead, late])).toEqual([late + ahead, late]);
        },
      ),
    );
  });

  // @clause RFC 7616 §3.4 s6
  test('never accepts a count twice, whatever came between', () => {
    fc.assert(
      fc.property(fc.array(counts(), { maxLength: 300 }), (list) => {
        const accepted = acceptedOf(list);
        expect(new Set(accepted).size).toBe(accepted.length);
      }),
    );
  });

  test('holds at most two generations and its floor never sinks', () => {
    fc.assert(
      fc.property(fc.array(counts(), { maxLength: 300 }), (list) => {
        let window: NonceCountWindow = EMPTY_WINDOW;
        for (const nc of list) {
          const next = markNonceCount(window, nc);
          expect(next.floor).toBeGreaterThanOrEqual(window.floor);
          expect(next.floor % NONCE_COUNT_WIDTH).toBe(0);
          expect(next.seen.size).toBeLessThanOrEqual(2 * NONCE_COUNT_WIDTH);
          expect([...next.seen].every((count) => count > next.floor)).toBe(true);
          expect(isNonceCountFresh(next, nc)).toBe(false);
          window = next;
        }
      }),
    );
  });

  test('fills to 128 counts and no more', () => {
    let window: NonceCountWindow = EMPTY_WINDOW;
    for (let nc = 1; nc <= 128; nc++) window = markNonceCount(window, nc);
    expect(window.floor).toBe(0);
    expect(window.seen.size).toBe(128);
    window = markNonceCount(window, 129);
    expect(window.floor).toBe(64);
    expect(window.seen.size).toBe(65);
  });

  test('does not change itself when it is queried or marked', () => {
    const window: NonceCountWindow = Object.freeze({ floor: 0, seen: new Set([1]) });
    isNonceCountFresh(window, 200);
    markNonceCount(window, 200);
    expect(window).toEqual({ floor: 0, seen: new Set([1]) });
    expect(EMPTY_WINDOW).toEqual({ floor: 0, seen: new Set() });
  });

  test.each([0, -1, 0.5, 1.5, 2 ** 32, Number.NaN, Number.POSITIVE_INFINITY])('refuses %d', (nc) => {
    expect(isNonceCountFresh(EMPTY_WINDOW, nc)).toBe(false);
  });

  test('reaches the highest count', () => {
    expect(isNonceCountFresh(EMPTY_WINDOW, MAX_NONCE_COUNT)).toBe(true);
    const window = markNonceCount(EMPTY_WINDOW, MAX_NONCE_COUNT);
    expect(window).toEqual({ floor: 2 ** 32 - 128, seen: new Set([MAX_NONCE_COUNT]) });
  });
});

test.each([
  [1, 0],
  [64, 0],
  [65, 1],
  [128, 1],
  [129, 2],
  [MAX_NONCE_COUNT, 2 ** 26 - 1],
])('the count %d is of generation %d', (nc, generation) => {
  expect(generationOf(nc)).toBe(generation);
});

// @clause RFC 7616 §3.4 s4
test('a count comes back from its 8 digits', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: MAX_NONCE_COUNT }), (nc) => {
      expect(formatNonceCount(nc)).toMatch(/^[0-9a-f]{8}$/);
      expect(parseNonceCount(formatNonceCount(nc))).toBe(nc);
    }),
  );
});

/** Counts near to and far from each other, so that windows fill and slide. */
function counts(): fc.Arbitrary<number> {
  return fc.oneof(
    { weight: 8, arbitrary: fc.integer({ min: 1, max: 200 }) },
    { weight: 2, arbitrary: fc.integer({ min: 1, max: 2000 }) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: MAX_NONCE_COUNT }) },
  );
}

/** The counts that are accepted in this order. */
function acceptedOf(list: readonly number[]): number[] {
  let window: NonceCountWindow = EMPTY_WINDOW;
  return list.filter((nc) => {
    if (!isNonceCountFresh(window, nc)) return false;
    window = markNonceCount(window, nc);
    return true;
  });
}
