import { DeleteItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Btid } from '../../lib/gba/btid.ts';
import { loadAssociation, loadAssociations } from '../../lib/store/association/association.ts';
import { putAssociation, setCurrentAssociation } from '../../lib/store/association/put-association.ts';
import { associationKey } from '../../lib/store/item-keys.ts';
import { deleteRegistrations } from '../../lib/store/registration/registration.ts';
import {
  deleteSubscription,
  loadSubscribers,
  putSubscription,
} from '../../lib/store/registration/subscriber.ts';
import { keyOf } from '../../lib/store/table.ts';
import { putRegistrations } from '../granted-request.ts';
import { NOW, newImpi, newKeys } from '../provisioned-ue.ts';
import { startTable, type TestTable } from './table.ts';

let table: TestTable;
beforeAll(async () => {
  table = await startTable();
});
afterAll(() => table.close());

const sorted = (names: Iterable<string> = []) => [...names].sort();
const subscribed = async (btid: Btid) => sorted((await loadAssociation(table, btid))?.subscribed);
const registered = async (btid: Btid) => sorted((await loadAssociation(table, btid))?.registered);

describe('an association', () => {
  test('comes back as it was stored, its keys with it', async () => {
    const keys = newKeys();
    await putAssociation(table, keys, { address: '2001:db8::1', port: 2269 });
    const { muk, mrk, ...rest } = keys;
    const association = await loadAssociation(table, keys.btid);
    expect(association).toMatchObject({
      ...rest,
      ueAddress: { address: '2001:db8::1', port: 2269 },
      isCurrent: false,
    });
    expect(association?.muk.open().equals(muk)).toBe(true);
    expect(association?.mrk.open().equals(mrk)).toBe(true);
  });

  test('that is unknown is absent, among others that are known', async () => {
    const known = newKeys();
    await putAssociation(table, known);
    const unknown = newKeys();
    expect(await loadAssociation(table, unknown.btid)).toBeUndefined();
    expect([...(await loadAssociations(table, [unknown.btid, known.btid, known.btid])).keys()]).toEqual([
      known.btid,
    ]);
  });

  test('that is stored again takes the new keys and lifetime, and the subscriptions of now', async () => {
    const keys = newKeys();
    await putSubscription(table, keys.impi, 'a');
    await putAssociation(table, keys);
    await deleteSubscription(table, keys.impi, 'a');
    const renewed = { ...newKeys(keys.impi), btid: keys.btid, expiresAt: NOW + 9_000_000 };
    await putAssociation(table, renewed);
    const association = await loadAssociation(table, keys.btid);
    expect(association?.muk.open().equals(renewed.muk)).toBe(true);
    expect(association?.expiresAt).toBe(NOW + 9_000_000);
    expect(sorted(association?.subscribed)).toEqual([]);
  });
});

describe('an association that is provisioned again', () => {
  test('keeps its first bootstrappedAt under the same MUK, whose counter must not go back', async () => {
    const keys = newKeys();
    await putAssociation(table, keys);
    await putAssociation(table, { ...keys, bootstrappedAt: NOW + 43_200_000, expiresAt: NOW + 90_000_000 });
    const association = await loadAssociation(table, keys.btid);
    expect(association?.bootstrappedAt).toBe(NOW);
    expect(association?.expiresAt).toBe(NOW + 90_000_000);
    const other = { ...newKeys(keys.impi, NOW + 50_000_000), btid: keys.btid };
    await putAssociation(table, other);
    expect((await loadAssociation(table, keys.btid))?.bootstrappedAt).toBe(NOW + 50_000_000);
  });

  test('at the same moment by two, keeps the earliest bootstrappedAt', async () => {
    const keys = newKeys();
    const times = [3, 1, 2].map((seconds) => NOW + seconds * 1000);
    await Promise.all(times.map((bootstrappedAt) => putAssociation(table, { ...keys, bootstrappedAt })));
    expect((await loadAssociation(table, keys.btid))?.bootstrappedAt).toBe(NOW + 1000);
  });

  test('is refused, and nothing is written, when it was bootstrapped in the future', async () => {
    const keys = newKeys();
    await expect(putAssociation(table, keys, undefined, { now: NOW - 60_001 })).rejects.toMatchObject({
      code: 'invalid',
    });
    expect(await loadAssociation(table, keys.btid)).toBeUndefined();
    await putAssociation(table, keys, undefined, { now: NOW - 60_000 });
    expect(await loadAssociation(table, keys.btid)).toBeDefined();
  });

  test('is refused for another subscriber unless it is to be replaced', async () => {
    const keys = newKeys();
    await putAssociation(table, keys);
    const theft = { ...newKeys(), btid: keys.btid };
    await expect(putAssociation(table, theft)).rejects.toMatchObject({ code: 'exists' });
    expect((await loadAssociation(table, keys.btid))?.impi).toBe(keys.impi);
    expect((await loadSubscribers(table, [theft.impi])).size).toBe(0);
    await putAssociation(table, theft, undefined, { replace: true });
    await putSubscription(table, keys.impi, 'a');
    expect(await loadAssociation(table, keys.btid)).toMatchObject({
      impi: theft.impi,
      subscribed: new Set(),
    });
  });
});

describe('a subscription', () => {
  test('reaches every association of the subscriber, and leaves each when it is taken back', async () => {
    const impi = newImpi();
    const keys = [newKeys(impi), newKeys(impi, NOW + 1)];
    for (const each of keys) await putAssociation(table, each);
    await putSubscription(table, impi, 'a');
    await putSubscription(table, impi, 'a');
    await putSubscription(table, impi, 'b');
    await deleteSubscription(table, impi, 'a');
    await deleteSubscription(table, impi, 'a');
    for (const { btid } of keys) expect(await subscribed(btid)).toEqual(['b']);
    expect(sorted((await loadSubscribers(table, [impi])).get(impi)?.subscribed)).toEqual(['b']);
  });

  test('of one subscriber is not one of another', async () => {
    const [one, other] = [newKeys(), newKeys()];
    await putAssociation(table, one);
    await putAssociation(table, other);
    await putSubscription(table, one.impi, 'a');
    expect(await subscribed(one.btid)).toEqual(['a']);
    expect(await subscribed(other.btid)).toEqual([]);
  });

  test('taken back while new associations are stored is in none of them', async () => {
    for (let round = 0; round < 10; round++) {
      const impi = newImpi();
      await putSubscription(table, impi, 'a');
      const keys = [newKeys(impi), newKeys(impi, NOW + 1)];
      await Promise.all([
        ...keys.map((each) => putAssociation(table, each)),
        deleteSubscription(table, impi, 'a'),
      ]);
      for (const { btid } of keys) expect(await subscribed(btid)).toEqual([]);
    }
  });
});

describe('a registration', () => {
  test('made or taken back under one association holds for all of the UE', async () => {
    const impi = newImpi();
    const [older, newer] = [newKeys(impi), newKeys(impi, NOW + 1)];
    for (const each of [older, newer]) await putAssociation(table, each);
    await putRegistrations(table, older, ['a', 'b']);
    expect(await registered(newer.btid)).toEqual(['a', 'b']);
    await putRegistrations(table, newer, ['a', 'b']);
    await deleteRegistrations(table, { impi }, ['a']);
    for (const { btid } of [older, newer]) expect(await registered(btid)).toEqual(['b']);
  });

  test('made while a new association is stored is in it', async () => {
    for (let round = 0; round < 10; round++) {
      const first = newKeys();
      await putAssociation(table, first);
      const second = newKeys(first.impi, NOW + 1);
      await Promise.all([putAssociation(table, second), putRegistrations(table, first, ['a'])]);
      expect(await registered(second.btid)).toEqual(['a']);
    }
  });
});

test('a subscriber that is unknown is absent, and one that is known has no current association before the first', async () => {
  const { impi, btid, bootstrappedAt } = newKeys();
  const stranger = newImpi();
  await putSubscription(table, impi, 'a');
  expect((await loadSubscribers(table, [stranger, impi])).get(impi)?.currentBtid).toBeUndefined();
  expect((await loadSubscribers(table, [stranger, impi])).has(stranger)).toBe(false);
  await setCurrentAssociation(table, { impi, btid, bootstrappedAt });
  expect((await loadSubscribers(table, [impi])).get(impi)?.currentBtid).toBe(btid);
});

test('a subscriber forgets associations that are gone, and keeps those that stay', async () => {
  const impi = newImpi();
  const [gone, kept] = [newKeys(impi), newKeys(impi)];
  for (const keys of [gone, kept]) await putAssociation(table, keys);
  const associations = async () => [
    ...((await loadSubscribers(table, [impi])).get(impi)?.associations ?? []),
  ];
  const remove = (btid: Btid) =>
    table.dynamodb.send(
      new DeleteItemCommand({ TableName: table.tableName, Key: keyOf(associationKey(btid)) }),
    );
  await remove(gone.btid);
  await putSubscription(table, impi, 'a');
  expect(await associations()).toEqual([kept.btid]);
  expect(await subscribed(kept.btid)).toEqual(['a']);

  await putAssociation(table, gone);
  expect(sorted(await associations())).toEqual(sorted([gone.btid, kept.btid]));
  await remove(gone.btid);
  await putRegistrations(table, kept, ['a']);
  expect(await associations()).toEqual([kept.btid]);
  expect((await loadAssociations(table, [gone.btid])).size).toBe(0);
});
