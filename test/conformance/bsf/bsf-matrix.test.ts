import { expect, test } from 'vitest';
import { BSF_REQUIREMENTS } from '../../../cli/conformance/bsf/requirements.ts';
import { bsfFaults } from './faults.ts';
import { testBsf } from './run-bsf-suite.ts';

test('the stand-in BSF meets every requirement', async () => {
  const outcomes = await testBsf();
  const others = outcomes.filter(({ result }) => result !== 'pass');
  expect(others.map(({ requirement, result, seen }) => `${requirement.id}: ${result}, ${seen}`)).toEqual([]);
});

test.each(bsfFaults().map((fault) => [fault.name, fault.rule, fault] as const))(
  'a BSF is found: %s, by %s alone',
  async (_, rule, fault) => {
    const outcomes = await testBsf(fault);
    const found = outcomes.filter(({ result }) => result === 'fail' || result === 'warn');
    expect(found.map(({ requirement, seen }) => `${requirement.id}: ${seen}`)).toEqual([
      expect.stringMatching(`^${rule}: `),
    ]);
  },
);

test('every requirement of Ub has a BSF that breaks it', () => {
  const broken = new Set(bsfFaults().map(({ rule }) => rule));
  expect(BSF_REQUIREMENTS.filter(({ id }) => !broken.has(id)).map(({ id }) => id)).toEqual([]);
});
