import { expect, test } from 'vitest';
import { ProgressThrottle } from '../../../lib/distribution/push/progress-throttle.ts';

test('a report of each push is due once in the time that is set', () => {
  let now = 0;
  const throttle = new ProgressThrottle(2000, () => now);
  expect([throttle.isDue('a'), throttle.isDue('a'), throttle.isDue('b')]).toEqual([true, false, true]);
  now = 1999;
  expect([throttle.isDue('a'), throttle.isDue('b')]).toEqual([false, false]);
  now = 2000;
  expect([throttle.isDue('a'), throttle.isDue('a')]).toEqual([true, false]);
});
