import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { keyDomainIdOfPlmn } from '../../lib/keys/key-domain-id.ts';
import { mskId } from '../../lib/keys/msk-id.ts';
import { loadAnswers, putAnswers } from '../../lib/store/ledger/answers.ts';
import { LEDGER_KEPT_MS } from '../../lib/store/ledger/push.ts';
import type { PageOutcome } from '../../lib/store/ledger/push-page.ts';
import { startTable, type TestTable } from './table.ts';

const NOW = Date.UTC(2026, 10, 24);
const MSK = { keyDomainId: keyDomainIdOfPlmn({ mcc: '001', mnc: '01' }), mskId: mskId(0x0010, 1) };
const OTHERS = [
  { ...MSK, keyDomainId: keyDomainIdOfPlmn({ mcc: '001', mnc: '02' }) },
  { ...MSK, mskId: mskId(0x0010, 2) },
];

let table: TestTable;
beforeEach(async () => {
  table = await startTable();
});
afterEach(() => table.close());

const outcomeOf = (impi: string): PageOutcome => ({
  verified: [impi],
  sent: [`sent-${impi}`],
  failed: { 'not-verified': [`failed-${impi}`] },
});
const put = (impi: string, now: number, msk = MSK) =>
  putAnswers(table, msk, outcomeOf(impi), { now, id: impi });
async function load(since?: number, { keyDomainId, mskId: id } = MSK): Promise<PageOutcome[]> {
  const outcomes: PageOutcome[] = [];
  for await (const outcome of loadAnswers(table, keyDomainId, id, since)) outcomes.push(outcome);
  return outcomes;
}

test('answers are loaded in the order of their time, each with its outcomes', async () => {
  await put('late', NOW + 1000);
  await put('early', NOW);
  await put('latest', NOW + 10_000);
  expect(await load()).toEqual(['early', 'late', 'latest'].map(outcomeOf));
});

test('answers of the same time are all kept', async () => {
  await put('a', NOW);
  await put('b', NOW);
  expect(await load()).toEqual([outcomeOf('a'), outcomeOf('b')]);
});

test('answers since a time leave out those recorded earlier, and only those', async () => {
  await put('before', NOW - 1);
  await put('then', NOW);
  await put('after', NOW + 1);
  expect(await load(NOW)).toEqual([outcomeOf('then'), outcomeOf('after')]);
  expect(await load(NOW + 2)).toEqual([]);
});

test('answers for another MSK, also under the same Key Number of another Key Domain, stay apart', async () => {
  await put('a', NOW);
  for (const other of OTHERS) expect(await load(undefined, other)).toEqual([]);
});

test('answers are kept as long as the rest of the ledger, and then deleted by TTL', async () => {
  await put('a', NOW);
  const { Items = [] } = await table.dynamodb.send(new ScanCommand({ TableName: table.tableName }));
  expect(Items.map(({ ttl }) => ttl)).toEqual([{ N: String((NOW + LEDGER_KEPT_MS) / 1000) }]);
});
