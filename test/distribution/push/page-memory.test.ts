import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { DistributionContext } from '../../../lib/distribution/context.ts';
import type { DeliveryOrder } from '../../../lib/distribution/delivery/delivery-order.ts';
import { runPage } from '../../../lib/distribution/push/run-page.ts';
import { mskId } from '../../../lib/keys/msk-id.ts';
import type { KeyStore } from '../../../lib/store/key-store.ts';
import { putPush } from '../../../lib/store/ledger/push.ts';
import { startTable, type TestTable } from '../../store/table.ts';
import { startInProcess } from '../in-process.ts';
import { DOMAIN, GROUP, NEWS, populate, provisionServices } from '../population.ts';

const UES = 20;

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

let table: TestTable;
beforeAll(async () => {
  table = await startTable();
  await provisionServices(table);
  await populate(table, UES, { address: '127.0.0.1', port: 9 });
});
afterAll(() => table.close());

test('while UEs are waited for, nothing is kept of what was read for them', async () => {
  const kept: WeakRef<object>[] = [];
  watchMuks(table, kept);
  const distribution = await startInProcess(table, { isSilent: true });
  const context = withWatchedOrders(distribution.context, kept);
  const push = await putPush(table, {
    pushId: 'kept',
    kind: 'msk',
    keyDomainId: DOMAIN,
    mskId: mskId(GROUP.keyGroup, 1),
    verification: true,
    pacing: {},
    source: { kind: 'services', services: [{ serviceId: NEWS, chains: 1 }] },
    correlationId: 'c',
    startedAt: Date.now(),
    expected: UES,
  });
  const unit = { pushId: 'kept', chain: 0, page: 0, after: undefined };
  const ended = runPage(context, push, unit).catch((error: Error) => error.name);
  await expect.poll(() => context.delivery.uesInProgress).toBe(UES);
  expect(kept.length).toBeGreaterThanOrEqual(2 * UES);
  await expect
    .poll(() => {
      collect();
      return kept.filter((each) => each.deref() !== undefined).length;
    })
    .toBe(0);
  expect(context.delivery.uesInProgress).toBe(UES);
  await distribution.close();
  expect(await ended).toBe('DeliveryInterrupted');
});

/** Notes the octets of each sealed MUK that is read. */
function watchMuks({ dynamodb }: KeyStore, read: WeakRef<object>[]): void {
  dynamodb.middlewareStack.add(
    (next) => async (args) => {
      const answer = await next(args);
      if ('Items' in answer.output && answer.output.Items)
        for (const { muk } of answer.output.Items) if (muk?.B) read.push(new WeakRef(muk.B));
      return answer;
    },
    { step: 'initialize' },
  );
}

/** A delivery whose orders' recipients are noted. */
function withWatchedOrders(context: DistributionContext, ordered: WeakRef<object>[]): DistributionContext {
  const delivery = new Proxy(context.delivery, {
    get: (target, name) => {
      const value = Reflect.get(target, name, target);
      if (name !== 'deliver') return typeof value === 'function' ? value.bind(target) : value;
      return (order: DeliveryOrder) => {
        for (const recipient of order.recipients) ordered.push(new WeakRef(recipient));
        return target.deliver(order);
      };
    },
  });
  return { ...context, delivery };
}
