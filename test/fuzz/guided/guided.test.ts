import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../seeded-random.ts';
import { runCampaign } from './campaign.ts';
import { loadInstrumented } from './instrumented.ts';
import { TARGETS } from './targets.ts';

describe.each(Object.entries(TARGETS))('%s', (name, leastShare) => {
  test('throws only its typed error, and the fuzzer reaches most of it', async () => {
    const { refused, inputs, covered, total } = runCampaign(
      await loadInstrumented(name),
      2000,
      seededRandom(1).whole,
    );
    expect(refused).toBeGreaterThan(0);
    expect(refused).toBeLessThan(inputs);
    expect(covered / total).toBeGreaterThan(leastShare);
  });
});

test('the fuzzer finds by coverage what chance does not, and shows the input', async () => {
  const planted = await loadInstrumented('planted-fault', /planted-fault\.ts$/);
  expect(() => runCampaign(planted, 200_000, seededRandom(1).whole)).toThrow(/4d534b21/);
  const uncounted = await loadInstrumented('planted-fault', /nothing/);
  expect(runCampaign(uncounted, 200_000, seededRandom(1).whole).corpus).toBe(1);
});

test('the same seed gives the same campaign', async () => {
  const run = async () => runCampaign(await loadInstrumented('mikey'), 1000, seededRandom(7).whole);
  expect(await run()).toEqual(await run());
});
