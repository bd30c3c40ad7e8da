import { afterAll, beforeAll, expect, test } from 'vitest';
import { newEvent } from '../../../lib/events/envelope.ts';
import { startTable, type TestTable } from '../../store/table.ts';
import { startInProcess } from '../in-process.ts';
import { DOMAIN, NEWS, populate, provisionServices } from '../population.ts';

let table: TestTable;
beforeAll(async () => {
  table = await startTable();
});
afterAll(() => table.close());

test('a UE whose key lifetime ends while its message waits for its turn is sent no MSK', async () => {
  await provisionServices(table);
  const expiresAt = Date.now() + 400;
  await populate(table, 10, { address: '127.0.0.1', port: 9 }, { expiresAtOf: () => expiresAt });
  const distribution = await startInProcess(table, { isSilent: true, verification: false });
  await distribution.run(
    newEvent(
      'Push MSK',
      { keyDomainId: DOMAIN, mskId: '00100001', target: { serviceId: NEWS }, pacing: { perSecond: 5 } },
      { eventId: 'slow', now: Date.now() },
    ),
  );
  await distribution.close();
  const completed = distribution.events.find(({ detailType }) => detailType === 'MSK Push Completed');
  const { sent, failed } = (completed ?? { data: {} }).data as {
    sent: number;
    failed: Record<string, number>;
  };
  expect(sent).toBeLessThanOrEqual(4);
  expect(failed).toEqual({ 'expired-association': 10 - sent });
});
