import { expect, test } from 'vitest';
import { CancelledQueues } from '../../../lib/distribution/delivery/cancelled-queues.ts';

test('of send queues that are cancelled the latest 1000 are remembered, each once', () => {
  const cancelled = new CancelledQueues();
  for (let push = 0; push < 1000; push++) expect(cancelled.add(`push-${push}`)).toBe(true);
  expect(cancelled.add('push-0')).toBe(false);
  expect(cancelled.has('push-0')).toBe(true);
  cancelled.add('push-1000');
  expect(['push-0', 'push-1', 'push-1000'].map((push) => cancelled.has(push))).toEqual([false, true, true]);
});
