import { DeleteItemCommand, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { claimPage, extendClaim, noteVerified, releasePage } from '../../lib/store/ledger/page-claim.ts';
import { LEDGER_KEPT_MS } from '../../lib/store/ledger/push.ts';
import { keyOfPage, type PageId, putOutcome } from '../../lib/store/ledger/push-page.ts';
import { keyOf } from '../../lib/store/table.ts';
import { beforeNext, startTable, type TestTable } from './table.ts';

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

describe('claims of a page', () => {
  test('cost one write, and one read and two writes after an expired claim', async () => {
    await claim('one', 0);
    expect(table.calls).toEqual(['PutItem']);
    await claim('two', 100);
    expect(table.calls.slice(1)).toEqual(['PutItem', 'GetItem', 'UpdateItem']);
  });

  test('have no end where the page is the last of its chain, whatever a later claimant says', async () => {
    const last = { kind: 'mine', end: undefined, verified: [] };
    const claimant = { sender: 'one', now: 0, leaseMs: 100, startedAt: 0 };
    expect(await claimPage(table, PAGE, undefined, claimant)).toEqual(last);
    expect(await claim('other', 100)).toEqual(last);
  });
});

describe('an expired claim that two senders take over', () => {
  test('goes to the one that was first', async () => {
    await claim('one', 0);
    beforeNext(table, 'UpdateItemCommand', async () => {
      expect(await claim('faster', 150)).toMatchObject({ kind: 'mine' });
    });
    expect(await claim('slower', 160)).toEqual({ kind: 'held', until: 250 });
  });

  test('may be tried again immediately when the first one has given it up', async () => {
    await claim('one', 0);
    beforeNext(table, 'UpdateItemCommand', async () => {
      await claim('faster', 150);
      await releasePage(table, PAGE, 'faster');
    });
    expect(await claim('slower', 160)).toEqual({ kind: 'held', until: 160 });
    expect(await claim('slower', 160)).toMatchObject({ kind: 'mine' });
  });

  test('is refused with the outcome that the first one has recorded', async () => {
    const outcome = { verified: ['a'], sent: [], failed: {} };
    await claim('one', 0);
    beforeNext(table, 'UpdateItemCommand', async () => {
      await claim('faster', 150);
      await putOutcome(table, PAGE, outcome);
    });
    expect(await claim('slower', 160)).toEqual({ kind: 'done', page: { ...PAGE, end: 'end', outcome } });
  });

  test('is refused with the outcome that the sender of the expired claim records late', async () => {
    const outcome = { verified: ['a'], sent: [], failed: {} };
    await claim('late', 0);
    beforeNext(table, 'UpdateItemCommand', () => putOutcome(table, PAGE, outcome));
    expect(await claim('other', 150)).toEqual({ kind: 'done', page: { ...PAGE, end: 'end', outcome } });
  });
});

const storedPage = async () => {
  const key = { TableName: table.tableName, Key: keyOf(keyOfPage(PAGE)) };
  return (await table.dynamodb.send(new GetItemCommand(key))).Item;
};

test('a settled page is not written any more', async () => {
  await claim('one', 0);
  await putOutcome(table, PAGE, { verified: ['a'], sent: [], failed: {} });
  const settled = await storedPage();
  await noteVerified(table, PAGE, 'one', ['a']);
  await extendClaim(table, PAGE, 'one', 900);
  await releasePage(table, PAGE, 'one');
  await claim('other', 1000);
  expect(await storedPage()).toEqual(settled);
});

test('a page that is claimed late is deleted with its push, 90 days after that began', async () => {
  const now = Date.UTC(2026, 10, 24);
  const startedAt = now - 3_600_000;
  await claimPage(table, PAGE, 'end', { sender: 'one', now, leaseMs: 100, startedAt });
  expect(await storedPage()).toMatchObject({ ttl: { N: String((startedAt + LEDGER_KEPT_MS) / 1000) } });
});

test('a page that TTL deletes while it is claimed is a conflict', async () => {
  await claim('one', 0);
  const key = { TableName: table.tableName, Key: keyOf(keyOfPage(PAGE)) };
  beforeNext(table, 'GetItemCommand', () => table.dynamodb.send(new DeleteItemCommand(key)));
  await expect(claim('other', 200)).rejects.toMatchObject({ name: 'StoreError', code: 'conflict' });
});
