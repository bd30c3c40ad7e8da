import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { periodFor } from '../../lib/service-description/security-description.ts';
import { seededRandom } from '../seeded-random.ts';
import { simulateRush } from './rush.ts';
import { rushChart, rushTable, UES } from './rush-section.ts';

test('without a back-off 100,000 UEs that come back at once all ask in the first second', () => {
  const rush = simulateRush(UES, undefined, 250, Math.random);
  expect([rush.busiest, rush.queue, rush.longestWait]).toEqual([UES, UES - 250, 399]);
});

test('with one they are spread as asked: evenly, from the offset on, over the period', () => {
  const backOff = { offsetTime: 30, randomTimePeriod: periodFor(UES, 200) };
  const { perSecond, busiest, queue } = simulateRush(UES, backOff, 250, seededRandom(1).next);
  expect(perSecond.slice(0, 30)).toEqual(Array(30).fill(0));
  const asked = perSecond.slice(30);
  expect(asked).toHaveLength(500);
  expect(asked.reduce((sum, count) => sum + count)).toBe(UES);
  // 200 on average; five standard deviations of a Poisson distribution either way.
  expect(Math.min(...asked)).toBeGreaterThan(200 - 5 * Math.sqrt(200));
  expect(busiest).toBeLessThan(200 + 5 * Math.sqrt(200));
  expect(queue).toBeLessThan(50);
  // Neither half of the period has more than chance gives it.
  const half = asked.slice(0, 250).reduce((sum, count) => sum + count);
  expect(Math.abs(half - UES / 2)).toBeLessThan(5 * Math.sqrt(UES / 4));
});

test('docs/traffic.md has the figures of the simulation', () => {
  expect(readFileSync('docs/traffic.md', 'utf8')).toContain(rushTable());
  expect(readFileSync('docs/traffic/rush.svg', 'utf8')).toBe(rushChart());
});
