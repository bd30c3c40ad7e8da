import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { claimPage, extendClaim, noteVerified, releasePage } from '../../lib/store/ledger/page-claim.ts';
import { type PageId, putOutcome } from '../../lib/store/ledger/push-page.ts';
import { startTable, type TestTable } from './table.ts';

const PAGE: PageId = { pushId: 'p', chain: 0, page: 0 };

let table: TestTable;
beforeEach(async () => {
  table = await startTable();
});
afterEach(() => table.close());

const claim = (sender: string, now: number) =>
  claimPage(table, PAGE, 'end', { sender, now, leaseMs: 100, startedAt: 0 });

describe('who has confirmed while a page is waited for', () => {
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

  test('is not noted once the page is settled', async () => {
    await claim('one', 0);
    const outcome = { verified: ['a'], sent: [], failed: { 'not-verified': ['b'] } };
    await putOutcome(table, PAGE, outcome);
    await noteVerified(table, PAGE, 'one', ['a', 'b']);
    expect(await claim('other', 101)).toMatchObject({ kind: 'done', page: { outcome } });
  });
});

describe('a claim that is extended', () => {
  test('holds until then', async () => {
    await claim('one', 0);
    await extendClaim(table, PAGE, 'one', 300);
    expect(await claim('other', 299)).toEqual({ kind: 'held', until: 300 });
    expect(await claim('other', 300)).toMatchObject({ kind: 'mine' });
  });

  test('is not taken back from another, nor held after it was given up', async () => {
    await claim('one', 0);
    await claim('other', 101);
    await extendClaim(table, PAGE, 'one', 900);
    expect(await claim('third', 201)).toMatchObject({ kind: 'mine' });
    await releasePage(table, PAGE, 'third');
    await extendClaim(table, PAGE, 'third', 900);
    expect(await claim('one', 202)).toMatchObject({ kind: 'mine' });
  });
});

describe('a claim whose answer is lost', () => {
  /** Each write is done twice, as the SDK does it when the first answer does not come. */
  const loseAnswers = () =>
    table.dynamodb.middlewareStack.add(
      (next, context) => async (args) => {
        if (context.commandName !== 'GetItemCommand') await next(args);
        return next(args);
      },
      { step: 'initialize' },
    );

  test('is the claimant’s, the first and one that follows another', async () => {
    loseAnswers();
    expect(await claim('one', 0)).toEqual({ kind: 'mine', end: 'end', verified: [] });
    expect(await claim('two', 101)).toEqual({ kind: 'mine', end: 'end', verified: [] });
  });

  test('is not another’s, nor one that the same sender made before', async () => {
    loseAnswers();
    await claim('one', 0);
    expect(await claim('other', 0)).toEqual({ kind: 'held', until: 100 });
    expect(await claim('one', 1)).toEqual({ kind: 'held', until: 100 });
  });
});
