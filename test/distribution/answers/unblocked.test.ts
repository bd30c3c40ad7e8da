import { afterAll, beforeAll, expect, test } from 'vitest';
import { StopWatch } from '../../../lib/distribution/stop-watch.ts';
import { newEvent } from '../../../lib/events/envelope.ts';
import { putStop, type Stop } from '../../../lib/store/stops.ts';
import { startTable, type TestTable } from '../../store/table.ts';
import { startInProcess } from '../in-process.ts';
import { DOMAIN, populate, provisionServices } from '../population.ts';

let table: TestTable;
beforeAll(async () => {
  table = await startTable();
});
afterAll(() => table.close());

test('a UE that is let in again is sent its MSK at once, before the sender looks again', async () => {
  await provisionServices(table);
  const [ue] = await populate(table, 1, { address: '127.0.0.1', port: 9 });
  if (ue === undefined) throw new Error('there is a UE');
  const outcomes: unknown[] = [];
  let looks = 0;
  const distribution = await startInProcess(table, {
    isSilent: true,
    verification: false,
    journal: { add: (_, { sent, failed }) => void outcomes.push({ sent, failed }) },
    lookForStops: async () => {
      looks += 1;
      await watch.look();
    },
  });
  const watch = new StopWatch(table, { delivery: distribution.context.delivery, now: Date.now });
  const stop = (kind: Extract<Stop['kind'], `subscriber-${string}`>) =>
    putStop(table, { kind, impi: ue.impi }, { now: Date.now(), id: kind });
  const ask = async (eventId: string) => {
    const msks = [{ keyDomainId: DOMAIN, mskId: '00100001' }];
    const about = { eventId, now: Date.now() };
    await distribution.run(newEvent('MSK Request Granted', { impi: ue.impi, bTid: ue.btid, msks }, about));
    return outcomes.pop();
  };
  expect(await ask('before')).toEqual({ sent: [ue.impi], failed: {} });
  await stop('subscriber-blocked');
  await watch.look();
  expect(await ask('blocked')).toEqual({ sent: [], failed: { blocked: [ue.impi] } });
  await stop('subscriber-unblocked');
  expect(await ask('let in again')).toEqual({ sent: [ue.impi], failed: {} });
  expect(await ask('after')).toEqual({ sent: [ue.impi], failed: {} });
  // Nobody looks for the sake of a UE that is not blocked.
  expect(looks).toBe(2);
  await distribution.close();
});
