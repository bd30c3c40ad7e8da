import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LookUpAllowance } from '../../lib/store/look-up-allowance.ts';
import { startTable, type TestTable } from './table.ts';

const NOW = Date.UTC(2026, 10, 26);

let table: TestTable;
beforeAll(async () => {
  table = await startTable();
});
afterAll(() => table.close());

/** How many of `tries` look-ups each of the instances may make. */
async function takeAll(allowances: readonly LookUpAllowance[], tries: number, now: number): Promise<number> {
  let taken = 0;
  for (let attempt = 0; attempt < tries; attempt++) {
    const granted = await Promise.all(allowances.map((allowance) => allowance.take(now)));
    taken += granted.filter(Boolean).length;
  }
  return taken;
}

describe('the look-ups that all instances may make', () => {
  it('are at most the bound in a second, however many instances ask for how many', async () => {
    const instances = Array.from({ length: 20 }, () => new LookUpAllowance(table, 50));
    expect(await takeAll(instances, 50, NOW)).toBe(50);
    expect(await takeAll(instances, 10, NOW + 999)).toBe(0);
  });

  it('cost ten leases and one refused write of each instance', async () => {
    const before = table.calls.length;
    const instances = Array.from({ length: 20 }, () => new LookUpAllowance(table, 50));
    await takeAll(instances, 50, NOW + 10_000);
    expect(table.calls.length - before).toBeLessThanOrEqual(10 + 20 * 2);
  });

  it('are there again in the next second', async () => {
    const allowance = new LookUpAllowance(table, 3);
    expect(await takeAll([allowance], 5, NOW + 20_000)).toBe(3);
    expect(await takeAll([allowance], 5, NOW + 21_000)).toBe(3);
  });
});
