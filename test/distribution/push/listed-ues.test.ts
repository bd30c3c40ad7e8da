import { afterAll, beforeAll, expect, test } from 'vitest';
import { newEvent } from '../../../lib/events/envelope.ts';
import { startTable, type TestTable } from '../../store/table.ts';
import { startInProcess } from '../in-process.ts';
import { DOMAIN, populate, provisionServices } from '../population.ts';

let table: TestTable;
beforeAll(async () => {
  table = await startTable();
});
afterAll(() => table.close());

test('a UE that an event lists twice is sent one message and counted once', async () => {
  await provisionServices(table);
  const [ue] = await populate(table, 1, { address: '127.0.0.1', port: 9 });
  const impi = ue?.impi ?? '';
  const distribution = await startInProcess(table, { isSilent: true, verification: false });
  await distribution.run(
    newEvent(
      'Push MSK',
      { keyDomainId: DOMAIN, mskId: '00100001', target: { ues: [impi, impi] } },
      { eventId: 'twice', now: Date.now() },
    ),
  );
  await distribution.close();
  const completed = distribution.events.find(({ detailType }) => detailType === 'MSK Push Completed');
  expect(completed?.data).toMatchObject({ expected: 1, sent: 1 });
});
