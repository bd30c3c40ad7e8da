import { expect, test } from 'vitest';
import { PushSamples, recentRate } from '../../../cli/console/reads/push-samples.ts';
import type { PushSample } from '../../../cli/console/views.ts';

const sample = (at: number, verified: number): PushSample => ({ at, verified, sent: 0, failed: 0 });

test('a push begins with nothing at its beginning, and each look adds how far it is', () => {
  const samples = new PushSamples();
  samples.add('p', 1000, sample(3000, 10));
  expect(samples.add('p', 1000, sample(4000, 30))).toEqual([
    sample(1000, 0),
    sample(3000, 10),
    sample(4000, 30),
  ]);
});

test('a completed push that is looked at again does not go on', () => {
  const samples = new PushSamples();
  for (let look = 0; look < 5; look++) samples.add('p', 0, sample(2000, 10));
  expect(samples.add('p', 0, sample(2000, 10))).toHaveLength(2);
});

test('a push of hours keeps some hundred samples, with its beginning and its latest', () => {
  const samples = new PushSamples();
  let known: readonly PushSample[] = [];
  for (let second = 1; second <= 10_000; second++) known = samples.add('p', 0, sample(second * 1000, second));
  expect(known.length).toBeLessThanOrEqual(400);
  expect(known[0]).toEqual(sample(0, 0));
  expect(known.at(-1)).toEqual(sample(10_000_000, 10_000));
});

test('the samples of many pushes are forgotten, the one that was looked at longest ago first', () => {
  const samples = new PushSamples();
  for (let push = 0; push < 51; push++) samples.add(`p${push}`, 0, sample(1000, 1));
  expect(samples.add('p50', 0, sample(2000, 2))).toHaveLength(3);
  expect(samples.add('p0', 0, sample(2000, 2))).toHaveLength(2);
});

test('the rate is that of the last thirty seconds', () => {
  expect(recentRate([sample(0, 0)])).toBe(0);
  expect(recentRate([sample(0, 0), sample(2000, 100)])).toBe(50);
  const slowed = Array.from({ length: 100 }, (_, second) =>
    sample(second * 1000, Math.min(second, 40) * 100),
  );
  expect(recentRate(slowed)).toBe(0);
});
