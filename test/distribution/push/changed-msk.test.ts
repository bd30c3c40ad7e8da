import { afterAll, beforeAll, expect, test } from 'vitest';
import { newEvent } from '../../../lib/events/envelope.ts';
import { keyGroupKey } from '../../../lib/store/item-keys.ts';
import { loadPages } from '../../../lib/store/ledger/push-page.ts';
import { itemOf, missing, put } from '../../store/sealed-items.ts';
import { startTable, type TestTable } from '../../store/table.ts';
import { startInProcess } from '../in-process.ts';
import { DOMAIN, GROUP, populate, provisionServices } from '../population.ts';

let table: TestTable;
beforeAll(async () => {
  table = await startTable();
});
afterAll(() => table.close());

test('an MSK that was changed in the table is sent to nobody, and each UE stands in the ledger as corrupt-item', async () => {
  await provisionServices(table);
  const ues = await populate(table, 3, { address: '127.0.0.1', port: 9 });
  const item = await itemOf(table, keyGroupKey(DOMAIN, GROUP.keyGroup));
  const { '0001': { M: fields } = missing() } = item.msks?.M ?? {};
  const changed = Buffer.from(fields?.msk?.B ?? missing()).fill(0, 20);
  await put(table, { ...item, msks: { M: { '0001': { M: { ...fields, msk: { B: changed } } } } } });
  const distribution = await startInProcess(table, { isSilent: true, verification: false });
  const target = { allHolders: true } as const;
  await distribution.run(
    newEvent(
      'Push MSK',
      { keyDomainId: DOMAIN, mskId: '00100001', target },
      { eventId: 'changed', now: Date.now() },
    ),
  );
  await distribution.close();
  const [page] = await loadPages(table, 'changed', 0, { limit: 2 });
  expect(page?.outcome).toMatchObject({ verified: [], sent: [] });
  expect(page?.outcome?.failed['corrupt-item']?.toSorted()).toEqual(ues.map(({ impi }) => impi).toSorted());
});
