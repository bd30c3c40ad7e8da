import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTable, type TestTable } from '../store/table.ts';
import type { Judged } from './fault.ts';
import { testBmsc } from './run-suite.ts';

let table: TestTable;
beforeAll(async () => {
  table = await startTable();
});
afterAll(() => table.close());

/** Runs the suite and returns what the BM-SC was sent over HTTP, and the results of what options add. */
async function run(options: { readonly hostile: boolean; readonly load: boolean }) {
  const requests: Judged[] = [];
  const denies = (request: Judged) => void requests.push(request);
  const outcomes = await testBmsc(table, { name: 'none', rule: 'none', denies }, options);
  const added = outcomes.filter(({ requirement }) => requirement.only !== undefined);
  return { requests, added: added.map(({ requirement, result }) => [requirement.id, result]) };
}

const isHostile = ({ body, xml }: Judged) => body.length > 10_000 || xml.includes('<!DOCTYPE');

test('a run sends nothing hostile and no load, unless it is asked to', async () => {
  const plain = await run({ hostile: false, load: false });
  expect(plain.added).toEqual([
    ['form-entities', 'not applicable'],
    ['form-size', 'not applicable'],
    ['form-load', 'not applicable'],
  ]);
  expect(plain.requests.filter(isHostile)).toEqual([]);
  // docs/conformance-suite.md says how many there are.
  expect(plain.requests.length).toBeLessThan(180);
  const registered = plain.requests.filter(({ xml }) => xml.includes('urn:example:'));
  expect(registered.length).toBeLessThan(10);

  const hostile = await run({ hostile: true, load: false });
  expect(hostile.requests.filter(isHostile)).toHaveLength(2);
  expect(hostile.requests.length - plain.requests.length).toBeLessThan(10);

  const load = await run({ hostile: false, load: true });
  expect(load.added.at(-1)).toEqual(['form-load', 'pass']);
  // Each of the hundred has a challenge of its own.
  expect(load.requests.length - plain.requests.length).toBeGreaterThanOrEqual(200);
}, 120_000);
