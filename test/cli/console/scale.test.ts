import { expect, test } from 'vitest';
import { area, line, ticks, timeStep } from '../../../cli/console/page/scale.js';

test('an axis has round values, and no more than asked for', () => {
  expect(ticks(636, 5)).toEqual([0, 200, 400, 600]);
  expect(ticks(10, 5)).toEqual([0, 2, 4, 6, 8, 10]);
  expect(ticks(1_060_000, 5)).toEqual([0, 500_000, 1_000_000]);
});

test('an axis of few UEs has no tick between two UEs', () => {
  expect(ticks(1.06, 5)).toEqual([0, 1]);
  expect(ticks(3.2, 5)).toEqual([0, 1, 2, 3]);
});

test('a time axis has steps that a clock has', () => {
  expect(timeStep(7000, 8)).toBe(1000);
  expect(timeStep(100_000, 8)).toBe(15_000);
  expect(timeStep(28 * 86_400_000, 8)).toBe(7 * 86_400_000);
});

test('a line goes from point to point, and an area back along the lower one', () => {
  const upper = [
    [0, 1],
    [2, 3],
  ] as const;
  const lower = [
    [0, 5],
    [2, 6],
  ] as const;
  expect(line(upper)).toBe('M0.0 1.0L2.0 3.0');
  expect(area(upper, lower)).toBe('M0.0 1.0L2.0 3.0L2.0 6.0L0.0 5.0Z');
});
