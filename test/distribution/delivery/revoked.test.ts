import { afterAll, beforeAll, expect, test } from 'vitest';
import type { MessageContent } from '../../../lib/distribution/delivery/message-batch.ts';
import { RevokedMsks } from '../../../lib/distribution/delivery/revoked-msks.ts';
import { StopWatch } from '../../../lib/distribution/stop-watch.ts';
import { newEvent } from '../../../lib/events/envelope.ts';
import { NO_MSK } from '../../../lib/keys/msk-generation.ts';
import { mskId } from '../../../lib/keys/msk-id.ts';
import { EMPTY_VALIDITY, FULL_VALIDITY } from '../../../lib/keys/msk-validity.ts';
import { revokeMsk } from '../../../lib/store/key-group/msk-rotation.ts';
import { putStop } from '../../../lib/store/stops.ts';
import { startTable, type TestTable } from '../../store/table.ts';
import { startInProcess } from '../in-process.ts';
import { DOMAIN, NEWS, populate, provisionServices } from '../population.ts';

let table: TestTable;
beforeAll(async () => {
  table = await startTable();
});
afterAll(() => table.close());

const MSK_ID = mskId(0x0010, 1);
const CONTENT: MessageContent = {
  kind: 'msk',
  keyDomainId: DOMAIN,
  mskId: MSK_ID,
  msk: { keyNumber: 1, msk: NO_MSK, validity: FULL_VALIDITY },
  verification: true,
};

test('of an MSK that is revoked while messages wait for their turn no octets go out any more', async () => {
  await provisionServices(table);
  await populate(table, 10, { address: '127.0.0.1', port: 9 });
  const distribution = await startInProcess(table, { isSilent: true, verification: false });
  const watch = new StopWatch(table, { delivery: distribution.context.delivery, now: Date.now });
  const push = (eventId: string, perSecond: number) => {
    const data = {
      keyDomainId: DOMAIN,
      mskId: '00100001',
      target: { serviceId: NEWS },
      pacing: { perSecond },
    };
    return distribution.run(newEvent('Push MSK', data, { eventId, now: Date.now() }));
  };
  const countsOf = (eventId: string) =>
    distribution.events.find(
      ({ detailType, data }) =>
        detailType === 'MSK Push Completed' && 'pushId' in data && data.pushId === eventId,
    )?.data as { sent: number; failed: Record<string, number> } | undefined;

  // Its last UE has its turn after ten seconds.
  const slow = push('slow', 1);
  const { delivery } = distribution.context;
  await expect.poll(() => delivery.uesInProgress, { interval: 5, timeout: 10_000 }).toBeGreaterThan(0);
  const group = { keyDomainId: DOMAIN, keyGroup: MSK_ID.keyGroup };
  await revokeMsk(table, group, 1, { msk: NO_MSK, validity: FULL_VALIDITY });
  await putStop(
    table,
    { kind: 'msk-revoked', keyDomainId: DOMAIN, mskId: MSK_ID },
    { now: Date.now(), id: '' },
  );
  await watch.look();
  await watch.look();
  await slow;
  const { sent = 10, failed } = countsOf('slow') ?? {};
  expect(sent).toBeLessThan(10);
  expect(failed).toEqual({ 'unknown-msk': 10 - sent });
  // What makes UEs drop it goes out.
  await push('dropped', 1000);
  expect(countsOf('dropped')).toMatchObject({ sent: 10, failed: {} });
  await distribution.close();
});

test('a revocation stops what was read before it, and no other MSK that gets the same number later', () => {
  let now = 0;
  const revoked = new RevokedMsks(() => now);
  expect(revoked.has(CONTENT)).toBe(false);
  expect(revoked.hear({ keyDomainId: DOMAIN, mskId: MSK_ID, at: 1000 })).toBe(true);
  expect(revoked.has(CONTENT)).toBe(true);
  expect(revoked.has({ ...CONTENT, mskId: mskId(0x0010, 2) })).toBe(false);
  expect(revoked.has({ ...CONTENT, msk: { ...CONTENT.msk, validity: EMPTY_VALIDITY } })).toBe(false);
  expect(revoked.has({ kind: 'solicited-pull', keyDomainId: DOMAIN, keyGroup: 0x0010 })).toBe(false);
  now = 61_000;
  // Senders look at the stops of the last ten minutes each second.
  expect(revoked.hear({ keyDomainId: DOMAIN, mskId: MSK_ID, at: 1000 })).toBe(false);
  expect(revoked.has(CONTENT)).toBe(false);
  expect(revoked.hear({ keyDomainId: DOMAIN, mskId: MSK_ID, at: 70_000 })).toBe(true);
  expect(revoked.has(CONTENT)).toBe(true);
});
