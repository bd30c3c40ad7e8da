import { expect, test } from 'vitest';
import { fuzzDigest } from '../fuzz/digest-inputs.ts';

test('mutated headers are read or refused with a DigestError', () => {
  const { tried, refused } = fuzzDigest(20_000, 1);
  expect(tried).toBe(20_000);
  expect(refused).toBeGreaterThan(5_000);
  expect(refused).toBeLessThan(20_000);
});

test('the same seed tries the same inputs', () => {
  expect(fuzzDigest(2_000, 2)).toEqual(fuzzDigest(2_000, 2));
  expect(fuzzDigest(2_000, 2)).not.toEqual(fuzzDigest(2_000, 3));
});
