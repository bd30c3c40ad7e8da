import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { claimPage } from '../../lib/store/ledger/page-claim.ts';
import { loadPages, putOutcome } from '../../lib/store/ledger/push-page.ts';
import { startTable, type TestTable } from './table.ts';

const PAGES = 20;

let table: TestTable;
beforeAll(async () => {
  table = await startTable();
});
afterAll(() => table.close());

test('pages are read to the last, also when DynamoDB needs more than one answer', async () => {
  const ues = Array.from({ length: 2000 }, () => `${randomBytes(32).toString('hex')}@example.net`);
  for (let page = 0; page < PAGES; page++) {
    const id = { pushId: 'p', chain: 0, page };
    const end = page === PAGES - 1 ? undefined : String(page);
    await claimPage(table, id, end, { sender: 's', now: 0, leaseMs: 1, startedAt: 0 });
    await putOutcome(table, id, { verified: [], sent: [], failed: { 'not-verified': ues } });
  }
  const all = await loadPages(table, 'p', 0, { limit: PAGES });
  expect(all.map(({ page }) => page)).toEqual(Array.from({ length: PAGES }, (_, page) => page));
  expect(all.every(({ outcome }) => outcome?.failed['not-verified']?.length === ues.length)).toBe(true);
  expect(await loadPages(table, 'p', 0, { after: 16, limit: 2 })).toMatchObject([{ page: 17 }, { page: 18 }]);
}, 20_000);
