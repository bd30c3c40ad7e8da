import { expect, test } from 'vitest';
import { UE_REQUIREMENTS } from '../../cli/conformance/ue/requirements.ts';
import { testUe } from './run-ue-suite.ts';
import { UE_FAULTS } from './ue-faults.ts';

test('our UE meets every requirement', async () => {
  const outcomes = await testUe(undefined, { isOutlived: true });
  expect(
    outcomes.filter(({ result }) => result !== 'pass').map(({ requirement, seen }) => [requirement.id, seen]),
  ).toEqual([]);
});

test.concurrent.each(UE_FAULTS.map((fault) => [fault.name, fault.rule, fault] as const))(
  'a UE is found: %s, by %s alone',
  async (_, rule, fault) => {
    const outcomes = await testUe(fault, { isOutlived: fault.afterTheEnd !== undefined });
    const found = outcomes.filter(({ result }) => result === 'fail' || result === 'warn');
    expect(found.map(({ requirement, seen }) => `${requirement.id}: ${seen}`)).toEqual([
      expect.stringMatching(`^${rule}: `),
    ]);
  },
  60_000,
);

test('every requirement but the method of HTTP has a UE that breaks it', () => {
  const broken = new Set(UE_FAULTS.map(({ rule }) => rule));
  expect(UE_REQUIREMENTS.filter(({ id }) => !broken.has(id)).map(({ id }) => id)).toEqual(['ue-method']);
});
