import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Btid } from '../../lib/gba/btid.ts';
import { type AssociationState, loadAssociation } from '../../lib/store/association/association.ts';
import { recordAuthenticatedRequest } from '../../lib/store/association/authenticated-request.ts';
import { putAssociation, setCurrentAssociation } from '../../lib/store/association/put-association.ts';
import { deleteRegistrations } from '../../lib/store/registration/registration.ts';
import {
  deleteSubscription,
  loadSubscribers,
  putSubscription,
} from '../../lib/store/registration/subscriber.ts';
import { putRegistrations } from '../granted-request.ts';
import { NOW, newImpi, newKeys } from '../provisioned-ue.ts';
import { startTable, type TestTable } from './table.ts';

let table: TestTable;
beforeAll(async () => {
  table = await startTable();
});
afterAll(() => table.close());

const times = <T>(count: number, run: (index: number) => Promise<T>) =>
  Promise.all(Array.from({ length: count }, (_, index) => run(index)));

async function associationOf(btid: Btid): Promise<AssociationState> {
  const association = await loadAssociation(table, btid);
  if (association === undefined) throw new Error('the association is gone');
  return association;
}

describe('at the same moment', () => {
  test('subscriptions and associations all find each other', async () => {
    const impi = newImpi();
    const keys = [newKeys(impi), newKeys(impi)];
    const services = ['a', 'b', 'c', 'd'];
    await Promise.all([
      ...keys.map((each) => putAssociation(table, each)),
      ...services.map((service) => putSubscription(table, impi, service)),
    ]);
    for (const { btid } of keys) expect([...(await associationOf(btid)).subscribed].sort()).toEqual(services);
    expect((await loadSubscribers(table, [impi])).get(impi)?.associations.size).toBe(2);
  });

  test('a subscription that is given and taken again and again is the same in all copies', async () => {
    const impi = newImpi();
    const keys = Array.from({ length: 4 }, () => newKeys(impi));
    for (const each of keys) await putAssociation(table, each);
    await times(40, (index) => (index % 2 === 0 ? putSubscription : deleteSubscription)(table, impi, 'a'));
    const truth = [...((await loadSubscribers(table, [impi])).get(impi)?.subscribed ?? [])];
    for (const { btid } of keys) expect([...(await associationOf(btid)).subscribed]).toEqual(truth);
  });

  test('fifty requests with one nonce count are one request', async () => {
    const keys = newKeys(newImpi());
    await putAssociation(table, keys);
    const association = await associationOf(keys.btid);
    const results = await times(50, () =>
      recordAuthenticatedRequest(table, association, {
        nonce: { id: 'n', issuedAt: NOW },
        nc: 1,
        noncesExpiredBefore: NOW - 300_000,
        ueAddress: { address: '192.0.2.1', port: 2269 },
      }),
    );
    expect(results.filter(({ kind }) => kind === 'recorded')).toHaveLength(1);
  });

  test('requests with 32 nonce counts out of order are 32 requests', async () => {
    const keys = newKeys(newImpi());
    await putAssociation(table, keys);
    const association = await associationOf(keys.btid);
    const counts = Array.from({ length: 32 }, (_, index) => ((index * 13) % 32) + 1);
    const results = await Promise.all(
      counts.map((nc) =>
        recordAuthenticatedRequest(table, association, {
          nonce: { id: 'n', issuedAt: NOW },
          nc,
          noncesExpiredBefore: NOW - 300_000,
          ueAddress: { address: '192.0.2.1', port: 2269 },
        }),
      ),
    );
    expect(new Set(results.map(({ kind }) => kind))).toEqual(new Set(['recorded']));
  });

  test('the association that was bootstrapped last stays the current one, whichever is written last', async () => {
    const impi = newImpi();
    const older = newKeys(impi, NOW);
    const newer = newKeys(impi, NOW + 1000);
    for (const keys of [older, newer]) await putAssociation(table, keys);
    await Promise.all([newer, older, older, newer].map((keys) => setCurrentAssociation(table, keys)));
    await setCurrentAssociation(table, older);
    expect((await loadSubscribers(table, [impi])).get(impi)?.currentBtid).toBe(newer.btid);
  });
});

test('registrations are kept over a new bootstrapping, and go when they are taken back', async () => {
  const impi = newImpi();
  const first = newKeys(impi);
  await putSubscription(table, impi, 'a');
  await putAssociation(table, first);
  await putRegistrations(table, first, ['a', 'b']);
  const second = newKeys(impi, NOW + 1000);
  await putAssociation(table, second);
  expect([...(await associationOf(second.btid)).registered].sort()).toEqual(['a', 'b']);
  expect([...(await associationOf(second.btid)).subscribed]).toEqual(['a']);
  await deleteRegistrations(table, { impi }, ['a']);
  const third = newKeys(impi, NOW + 2000);
  await putAssociation(table, third);
  expect([...(await associationOf(third.btid)).registered]).toEqual(['b']);
});
