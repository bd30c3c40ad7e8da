import { afterAll, beforeAll, expect, test } from 'vitest';
import { newEvent } from '../../../lib/events/envelope.ts';
import { mskId } from '../../../lib/keys/msk-id.ts';
import { putPush } from '../../../lib/store/ledger/push.ts';
import { loadTotals } from '../../../lib/store/ledger/push-chain.ts';
import { startTable, type TestTable } from '../../store/table.ts';
import { startInProcess } from '../in-process.ts';
import { DOMAIN, NEWS, populate, provisionServices, SPORT } from '../population.ts';

let table: TestTable;
beforeAll(async () => {
  table = await startTable();
});
afterAll(() => table.close());

test('where the MSK of a push is gone, a UE of two User Services counts once all the same', async () => {
  await provisionServices(table);
  await populate(table, 3, { address: '127.0.0.1', port: 9 }, { servicesOf: () => [NEWS, SPORT] });
  const services = [NEWS, SPORT].map((serviceId) => ({ serviceId, chains: 1 }));
  const push = await putPush(table, {
    pushId: 'gone',
    kind: 'msk',
    keyDomainId: DOMAIN,
    mskId: mskId(0x0010, 9),
    verification: undefined,
    pacing: {},
    source: { kind: 'services', services },
    correlationId: 'gone',
    startedAt: Date.now(),
    expected: 6,
  });
  const distribution = await startInProcess(table, { isSilent: true });
  const data = { keyDomainId: DOMAIN, mskId: '00100009', target: { allHolders: true } } as const;
  await distribution.run(newEvent('Push MSK', data, { eventId: 'gone', now: Date.now() }));
  await distribution.close();
  expect(await loadTotals(table, push)).toMatchObject({ failed: { 'unknown-msk': 3 }, isComplete: true });
});
