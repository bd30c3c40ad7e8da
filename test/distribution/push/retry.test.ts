import { expect, test } from 'vitest';
import { retry } from '../../../lib/distribution/push/retry.ts';

const policyOf = (attempts: number) => {
  const pauses: number[] = [];
  const pause = async (ms: number) => void pauses.push(ms);
  return { pauses, policy: { attempts, firstPauseMs: 100, maxPauseMs: 300, pause } };
};
const failing = (failures: number) => {
  let made = 0;
  return async () => {
    made += 1;
    if (made <= failures) throw new Error(`attempt ${made}`);
    return made;
  };
};

test('an attempt is repeated until it succeeds, after pauses that double up to a limit', async () => {
  const { pauses, policy } = policyOf(5);
  expect(await retry(policy, failing(4))).toBe(5);
  expect(pauses).toEqual([100, 200, 300, 300]);
});

test('the error of the last attempt is thrown when all have failed', async () => {
  const { pauses, policy } = policyOf(3);
  await expect(retry(policy, failing(9))).rejects.toThrow('attempt 3');
  expect(pauses).toEqual([100, 200]);
});
