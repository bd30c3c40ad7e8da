import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { DEPLOYMENTS, idleCostOf, idleTable, totalOf } from '../bench/cost/idle.ts';

test('the small profile costs at most 25 dollars a month while nobody asks', () => {
  const small = totalOf(idleCostOf(DEPLOYMENTS['profile `small`'] ?? {}));
  expect(small).toBeLessThanOrEqual(25);
  expect(small).toBeGreaterThan(10);
});

test('the page has what the templates of today come to', () => {
  expect(readFileSync(join(import.meta.dirname, '../../docs/cost.md'), 'utf8')).toContain(idleTable());
});
