import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { claimPage, noteVerified, type PageId, putOutcome } from '../../lib/store/push-page.ts';
import { startTable, type TestTable } from './table.ts';

const PAGE: PageId = { pushId: 'p', chain: 0, page: 0 };

describe('who has confirmed while a page is waited for', () => {
  let table: TestTable;
  beforeEach(async () => {
    table = await startTable();
  });
  afterEach(() => table.close());

  const claim = (sender: string, now: number) =>
    claimPage(table, PAGE, 'end', { sender, now, leaseMs: 100, startedAt: 0 });

  test('is known to the sender that repeats the page', async () => {
    expect(await claim('one', 0)).toEqual({ kind: 'mine', end: 'end', verified: [] });
    await noteVerified(table, PAGE, 'one', ['a', 'b']);
    expect(await claim('other', 50)).toMatchObject({ kind: 'held' });
    expect(await claim('other', 101)).toEqual({ kind: 'mine', end: 'end', verified: ['a', 'b'] });
  });

  test('is noted by nobody but the holder', async () => {
    await claim('one', 0);
    await claim('other', 101);
    await noteVerified(table, PAGE, 'one', ['a']);
    expect(await claim('third', 202)).toEqual({ kind: 'mine', end: 'end', verified: [] });
  });

  test('is not noted once the page is through', async () => {
    await claim('one', 0);
    const outcome = { verified: ['a'], sent: [], failed: { 'not-verified': ['b'] } };
    await putOutcome(table, PAGE, outcome);
    await noteVerified(table, PAGE, 'one', ['a', 'b']);
    expect(await claim('other', 101)).toMatchObject({ kind: 'done', page: { outcome } });
  });
});
