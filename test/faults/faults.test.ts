import { afterAll, beforeAll, expect, test } from 'vitest';
import { EARLIER_RELEASE, type Harness, SMALL, startHarness } from './harness.ts';
import { endedSenders } from './scenarios/ended-senders.ts';
import { failingAws } from './scenarios/failing-aws.ts';
import { killedWorkers } from './scenarios/killed-workers.ts';
import { lossyNetwork } from './scenarios/lossy-network.ts';

let harness: Harness;

beforeAll(async () => {
  harness = await startHarness({
    ues: 500,
    seed: 1,
    progress: () => {},
    ...EARLIER_RELEASE,
    ...SMALL,
  });
});
afterAll(() => harness?.close());

const killed = endedSenders(
  { name: 'killed-once', signal: 'SIGKILL', times: 1 },
  'a sender killed at a random moment of a push, and started again',
);

test.each([lossyNetwork, killed, failingAws, ...(process.platform === 'linux' ? [killedWorkers] : [])])(
  'every UE is reached or known not to be: $about',
  async ({ run }) => {
    await harness.reset();
    const { checks } = await run(harness);
    expect(checks.filter(({ ok }) => !ok)).toEqual([]);
  },
);
