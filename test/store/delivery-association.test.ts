import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadMskBuilder } from '../../lib/native/module/load.ts';
import {
  type DeliveryAssociation,
  loadDeliveryAssociations,
  type NamedAssociation,
  openMuks,
} from '../../lib/store/association/delivery-association.ts';
import { putAssociation } from '../../lib/store/association/put-association.ts';
import { createKeyStore } from '../../lib/store/create-key-store.ts';
import { associationKey } from '../../lib/store/item-keys.ts';
import type { KeyStore } from '../../lib/store/key-store.ts';
import { putSubscription } from '../../lib/store/registration/subscriber.ts';
import { newImpi, newKeys } from '../provisioned-ue.ts';
import { itemOf, missing, put } from './sealed-items.ts';
import { startTable, type TestTable } from './table.ts';

let table: TestTable;
let store: KeyStore;
beforeAll(async () => {
  table = await startTable();
  const { openSealedKeys } = await loadMskBuilder();
  store = { ...table, openSealedKeys };
});
afterAll(() => table.close());

/** Subscribers with an association each, every other of them with an address. */
async function stored(count: number) {
  const all = Array.from({ length: count }, () => newKeys());
  for (const [index, keys] of all.entries()) {
    await putSubscription(table, keys.impi, 'news');
    const address = index % 2 === 0 ? undefined : { address: '192.0.2.7', port: 2269 + index };
    await putAssociation(table, keys, address);
  }
  return all;
}

const isRead = (one: DeliveryAssociation | 'corrupt-item' | undefined) =>
  typeof one === 'object' ? one : missing();

describe('associations as a delivery reads them', () => {
  test('come in the order of the UEs with what a delivery needs, whatever the number, and open to the MUKs', async () => {
    const all = await stored(103);
    const order = all.toReversed();
    table.calls.length = 0;
    const read = (await loadDeliveryAssociations(store, order)).map(isRead);
    expect(table.calls).toEqual(['BatchGetItem', 'BatchGetItem']);
    expect(read.map(({ btid }) => btid)).toEqual(order.map(({ btid }) => btid));
    for (const [
      index,
      { impi, subscribed, registered, bootstrappedAt, expiresAt, ueAddress },
    ] of read.entries()) {
      const keys = order[index] ?? missing();
      expect([impi, bootstrappedAt, expiresAt]).toEqual([keys.impi, keys.bootstrappedAt, keys.expiresAt]);
      expect([subscribed, registered]).toEqual([['news'], []]);
      const place = all.length - 1 - index;
      expect(ueAddress).toEqual(place % 2 === 0 ? undefined : { address: '192.0.2.7', port: 2269 + place });
    }
    const muks = await openMuks(store, read);
    expect(muks.map((muk, index) => muk?.equals(order[index]?.muk ?? missing()))).toEqual(
      Array(103).fill(true),
    );
  });

  test('are undefined where a B-TID is unknown or of another subscriber, and twice where one is asked twice', async () => {
    const [one, other] = await stored(2);
    if (one === undefined || other === undefined) return missing();
    const stolen: NamedAssociation = { impi: newImpi(), btid: one.btid };
    const read = await loadDeliveryAssociations(store, [one, stolen, newKeys(), other, one]);
    expect(read.map((each) => each && isRead(each).btid)).toEqual([
      one.btid,
      undefined,
      undefined,
      other.btid,
      one.btid,
    ]);
    expect(await loadDeliveryAssociations(store, [])).toEqual([]);
  });

  test('are corrupt one by one: the others are read and opened', async () => {
    const all = await stored(20);
    const itemAt = (index: number) => itemOf(table, associationKey(all[index]?.btid ?? missing()));
    const { muk: _muk, ...without } = await itemAt(3);
    await put(table, without);
    await put(table, { ...(await itemAt(4)), muk: { B: new Uint8Array(12) } });
    const { muk, ...moved } = await itemAt(5);
    await put(table, { ...moved, muk: (await itemAt(6)).muk ?? missing() });
    const another = Uint8Array.from(muk?.B ?? missing());
    another.set([0, 0, 0, 9], 1);
    await put(table, { ...(await itemAt(7)), muk: { B: another } });
    const read = await loadDeliveryAssociations(store, all);
    expect(read.flatMap((each, index) => (each === 'corrupt-item' ? [index] : []))).toEqual([3, 4]);
    const readable = read.filter((each) => typeof each === 'object');
    const muks = await openMuks(store, readable);
    const wrong = readable.filter((_, index) => muks[index] === undefined).map(({ btid }) => btid);
    // One moved here from another item, one under a data key that the table does not have.
    expect(wrong).toEqual([all[5]?.btid, all[7]?.btid]);
    for (const [index, { btid }] of readable.entries())
      if (!wrong.includes(btid))
        expect(muks[index]?.equals(all.find((keys) => keys.btid === btid)?.muk ?? missing())).toBe(true);
  });

  test('open in a process that holds no data key yet, and one after another without the lanes', async () => {
    const all = await stored(12);
    const fresh = createKeyStore(table);
    for (const another of [fresh, { ...fresh, openSealedKeys: store.openSealedKeys ?? missing() }]) {
      const read = (await loadDeliveryAssociations(another, all)).map(isRead);
      const muks = await openMuks(another, read);
      expect(muks.map((muk, index) => muk?.equals(all[index]?.muk ?? missing()))).toEqual(
        Array(12).fill(true),
      );
    }
  });
});
