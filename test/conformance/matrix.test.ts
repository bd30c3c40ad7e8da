import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BMSC_REQUIREMENTS } from '../../cli/conformance/bmsc/requirements.ts';
import { startTable, type TestTable } from '../store/table.ts';
import { FAULTS } from './faults/index.ts';
import { BSF_MATRIX, bmscMatrix, UE_MATRIX } from './matrices.ts';
import { findAll } from './matrix.ts';
import { rowsOf } from './matrix-page.ts';

let table: TestTable;
beforeAll(async () => {
  table = await startTable();
});
afterAll(() => table.close());

/** One of each kind; `npm run conformance:matrix` tests them all. */
const SAMPLE = [
  'challenge-auth-int',
  'auth-replay',
  'info-nc',
  'form-base64',
  'msk-not-registered-code',
  'mikey-key-group',
  'delivery-repeated-counter',
  'pull-v-bit',
  'naf-other-naf',
];

test('a wrong BM-SC is found by the requirement that it breaks, and by no other', async () => {
  const faults = SAMPLE.flatMap((rule) => FAULTS.filter((fault) => fault.rule === rule).slice(0, 1));
  const found = await findAll(bmscMatrix(table), faults, faults.length);
  expect(found.map(({ by }) => by.map(({ id }) => id))).toEqual(SAMPLE.map((rule) => [rule]));
}, 120_000);

test('every requirement of a plain run has a BM-SC that breaks it', () => {
  const broken = new Set(FAULTS.map(({ rule }) => rule));
  const unproven = BMSC_REQUIREMENTS.filter(({ id, only }) => only === undefined && !broken.has(id));
  expect(unproven.map(({ id }) => id)).toEqual([]);
});

test('the page of the matrix has every wrong one, each found by its rule alone', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/conformance-matrix.md'), 'utf8');
  const { test: _, ...ofBmscs } = bmscMatrix(table);
  for (const matrix of [ofBmscs, BSF_MATRIX, UE_MATRIX]) {
    const rows = rowsOf({ matrix, found: [] }, page);
    expect(rows).toHaveLength(matrix.wrongs.length);
    for (const [index, { rule }] of matrix.wrongs.entries())
      expect(rows[index]).toMatch(new RegExp(`\\| \`${rule}\` \\| – \\|$`));
  }
});
