import { afterAll, beforeAll, expect, test } from 'vitest';
import { newEvent } from '../../../lib/events/envelope.ts';
import { FULL_VALIDITY } from '../../../lib/keys/msk-validity.ts';
import { activateMsk, prepareMsk } from '../../../lib/store/key-group/msk-rotation.ts';
import { startTable, type TestTable } from '../../store/table.ts';
import { startInProcess } from '../in-process.ts';
import { DOMAIN, GROUP, populate, provisionServices } from '../population.ts';

let table: TestTable;
beforeAll(async () => {
  table = await startTable();
});
afterAll(() => table.close());

test('a UE whose granted MSK expires before it is sent gets the current one', async () => {
  const msk = await provisionServices(table);
  const [ue] = await populate(table, 1, { address: '127.0.0.1', port: 9 });
  const now = Date.now();
  await prepareMsk(table, GROUP, { request: 'r', msk, validity: FULL_VALIDITY, now, leadTimeMs: 0 });
  expect(await activateMsk(table, GROUP, 2)).toMatchObject({ kind: 'activated' });
  const journal: unknown[] = [];
  const distribution = await startInProcess(table, {
    isSilent: true,
    verification: false,
    journal: { add: ({ mskId }, { sent }) => void journal.push([mskId.keyNumber, sent]) },
  });
  const msks = [{ keyDomainId: DOMAIN, mskId: '00100001' }];
  await distribution.run(
    newEvent(
      'MSK Request Granted',
      { impi: ue?.impi ?? '', bTid: ue?.btid ?? '', msks },
      { eventId: 'e', now },
    ),
  );
  await distribution.close();
  expect(journal).toEqual([[2, [ue?.impi]]]);
});
