import { afterAll, beforeAll, expect, test } from 'vitest';
import { runPage } from '../../../lib/distribution/push/run-page.ts';
import { mskId } from '../../../lib/keys/msk-id.ts';
import { putPush } from '../../../lib/store/ledger/push.ts';
import { startTable, type TestTable } from '../../store/table.ts';
import { startInProcess } from '../in-process.ts';
import { DOMAIN, GROUP, NEWS, populate, provisionServices } from '../population.ts';

let table: TestTable;
beforeAll(async () => {
  table = await startTable();
  await provisionServices(table);
  await populate(table, 20, { address: '127.0.0.1', port: 9 });
});
afterAll(() => table.close());

test.each([
  { perSecond: 0.1, ues: 6 },
  { perSecond: 0.01, ues: 1 },
  { perSecond: 1, ues: 20 },
])('a push of $perSecond a second has $ues of 20 UEs on its first page', async ({ perSecond, ues }) => {
  const distribution = await startInProcess(table, { isSilent: true });
  const pushId = `slow-${perSecond}`;
  const push = await putPush(table, {
    pushId,
    kind: 'msk',
    keyDomainId: DOMAIN,
    mskId: mskId(GROUP.keyGroup, 1),
    verification: true,
    pacing: { perSecond },
    source: { kind: 'services', services: [{ serviceId: NEWS, chains: 1 }] },
    correlationId: 'c',
    startedAt: Date.now(),
    expected: 20,
  });
  const unit = { pushId, chain: 0, page: 0, after: undefined };
  const ended = runPage(distribution.context, push, unit).catch((error: Error) => error.name);
  await expect.poll(() => distribution.context.delivery.ordersInProgress, { timeout: 10_000 }).toBe(1);
  expect(distribution.context.delivery.uesInProgress).toBe(ues);
  await distribution.close();
  expect(await ended).toBe('DeliveryInterrupted');
});
