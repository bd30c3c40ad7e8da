import { afterAll, beforeAll, expect, test } from 'vitest';
import { BMSC_REQUIREMENTS } from '../../cli/conformance/bmsc/requirements.ts';
import { startTable, type TestTable } from '../store/table.ts';
import { testBmsc } from './run-suite.ts';

let table: TestTable;
beforeAll(async () => {
  table = await startTable();
});
afterAll(() => table.close());

test('our BM-SC meets every requirement that can be seen', async () => {
  const outcomes = await testBmsc(table, undefined, { hostile: true, load: true });
  const others = outcomes.filter(({ result }) => result !== 'pass');
  expect(others.map(({ requirement, result, seen }) => `${requirement.id}: ${result}, ${seen}`)).toEqual([
    'info-nextnonce: not applicable, there is no nextnonce',
  ]);
  expect(outcomes).toHaveLength(BMSC_REQUIREMENTS.length);
});
