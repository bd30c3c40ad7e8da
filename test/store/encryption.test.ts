import { PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadAssociation, loadAssociations } from '../../lib/store/association/association.ts';
import { createKeyStore } from '../../lib/store/create-key-store.ts';
import { addDataKey, loadDataKeyRing, putFirstDataKey } from '../../lib/store/encryption/data-key-ring.ts';
import { SEALS_RESERVED } from '../../lib/store/encryption/data-keys.ts';
import { MAX_SEALS } from '../../lib/store/encryption/sealed-octets.ts';
import { associationKey, dataKeyRingKey } from '../../lib/store/item-keys.ts';
import { findMsk, loadKeyGroup } from '../../lib/store/key-group/key-group.ts';
import { holdsKey, octetsInTable } from './octets-in.ts';
import {
  anAssociation,
  anMsk,
  dataKeyOf,
  GROUP,
  itemOf,
  missing,
  sealsOf,
  setInFirstDataKey,
} from './sealed-items.ts';
import { startTable, type TestTable } from './table.ts';

describe('a table with sealed keys', () => {
  let table: TestTable;
  let now: number;
  /** Another process on the same table, with a clock of the test. */
  const another = () => createKeyStore(table, { now: () => now, lifetimeMs: 1000 });

  beforeEach(async () => {
    table = await startTable();
    now = 1_000_000;
  });
  afterEach(() => table.close());

  test('gives associations and MSKs back', async () => {
    const one = await anAssociation(table);
    const msk = await anMsk(table, 1);
    const read = await loadAssociation(another(), one.btid);
    expect(read?.muk.open().equals(one.muk)).toBe(true);
    expect(read?.mrk.open().equals(one.mrk)).toBe(true);
    // Opened once, however often it is used.
    expect(read?.muk.open()).toBe(read?.muk.open());
    expect(
      findMsk(await loadKeyGroup(another(), GROUP), 0)
        ?.sealed.open()
        .equals(msk),
    ).toBe(true);
  });

  test('holds no octets of them', async () => {
    const { btid, muk, mrk } = await anAssociation(table);
    const msks = [await anMsk(table, 1), await anMsk(table, 2)];
    const kept = await octetsInTable(table.dynamodb, table.tableName);
    for (const key of [muk, mrk, ...msks]) expect(holdsKey(kept, key.exposeOctets())).toBe(false);
    // The search finds what is there: the sealed MUK.
    expect(holdsKey(kept, (await itemOf(table, associationKey(btid))).muk?.B ?? missing())).toBe(true);
  });

  test('agrees on one first data key when several processes make it', async () => {
    const stores = Array.from({ length: 8 }, another);
    const made = await Promise.all(stores.map((store, n) => anAssociation(store, n)));
    const ids = new Set(await Promise.all(made.map(({ btid }) => dataKeyOf(table, btid))));
    expect(ids).toEqual(new Set([1]));
    expect(Object.keys((await itemOf(table, dataKeyRingKey)).dataKeys?.M ?? {})).toEqual(['1']);
    const read = await loadAssociations(
      another(),
      made.map(({ btid }) => btid),
    );
    for (const { btid, muk } of made) expect(read.get(btid)?.muk.open().equals(muk)).toBe(true);
  });

  test('stays readable when its data key is rotated, and new keys are sealed under the new one', async () => {
    const old = await anAssociation(table, 1);
    expect(await table.dataKeys.rotate()).toBe(2);
    const young = await anAssociation(table, 2);
    expect([await dataKeyOf(table, old.btid), await dataKeyOf(table, young.btid)]).toEqual([1, 2]);
    const read = await loadAssociations(another(), [old.btid, young.btid]);
    for (const { btid, muk, mrk } of [old, young]) {
      expect(read.get(btid)?.muk.open().equals(muk)).toBe(true);
      expect(read.get(btid)?.mrk.open().equals(mrk)).toBe(true);
    }
  });

  test('never loses a data key to another of the same ID', async () => {
    await anAssociation(table);
    expect(await addDataKey(table, 1, Buffer.from('one'))).toBe(true);
    expect(await addDataKey(table, 1, Buffer.from('other'))).toBe(false);
    expect(await putFirstDataKey(table, Buffer.from('other'))).toBe(false);
    expect((await loadDataKeyRing(table))?.wrapped.get(2)).toEqual(new Uint8Array(Buffer.from('one')));
  });

  test('comes to no harm when several rotate at the same time', async () => {
    await anAssociation(table);
    const stores = Array.from({ length: 4 }, another);
    const ids = await Promise.all(stores.map((store) => store.dataKeys.rotate()));
    const count = Object.keys((await itemOf(table, dataKeyRingKey)).dataKeys?.M ?? {}).length;
    expect(count).toBeGreaterThanOrEqual(2);
    expect(Math.max(...ids)).toBe(count);
    const made = await Promise.all(stores.map((store, n) => anAssociation(store, n)));
    const read = await loadAssociations(
      another(),
      made.map(({ btid }) => btid),
    );
    for (const { btid, muk } of made) expect(read.get(btid)?.muk.open().equals(muk)).toBe(true);
  });

  test('is read after two rotations at one read and one call of KMS for each older data key, whatever the number of items', async () => {
    const made = [];
    for (let n = 0; n < 9; n++) {
      made.push(await anAssociation(table, n));
      if (n % 3 === 2 && n < 8) await table.dataKeys.rotate();
    }
    const store = another();
    await store.dataKeys.prepare();
    table.calls.length = 0;
    table.testKms.calls.length = 0;
    const read = await loadAssociations(
      store,
      made.map(({ btid }) => btid),
    );
    for (const { btid, muk } of made) expect(read.get(btid)?.muk.open().equals(muk)).toBe(true);
    expect(table.calls).toEqual(['BatchGetItem']);
    expect(table.testKms.calls).toEqual(['Decrypt', 'Decrypt']);
  });

  test('is read by one who knew the ring before the rotation, at the price of one read and one call', async () => {
    await anAssociation(table, 1);
    const store = another();
    await store.dataKeys.prepare();
    await table.dataKeys.rotate();
    const { btid, muk } = await anAssociation(table, 2);
    table.calls.length = 0;
    table.testKms.calls.length = 0;
    expect((await loadAssociation(store, btid))?.muk.open().equals(muk)).toBe(true);
    expect(table.calls).toEqual(['BatchGetItem', 'BatchGetItem']);
    expect(table.testKms.calls).toEqual(['Decrypt']);
    expect((await loadAssociation(store, btid))?.muk.open().equals(muk)).toBe(true);
    expect(table.calls).toHaveLength(3);
  });

  test('is sealed under a rotated data key until the lifetime is over, and not after', async () => {
    const store = another();
    await anAssociation(store, 1);
    await table.dataKeys.rotate();
    now += 999;
    expect(await dataKeyOf(table, (await anAssociation(store, 2)).btid)).toBe(1);
    now += 1;
    expect(await dataKeyOf(table, (await anAssociation(store, 3)).btid)).toBe(2);
  });

  test('costs KMS one call a lifetime', async () => {
    const { btid } = await anAssociation(table);
    const store = another();
    table.testKms.calls.length = 0;
    for (let n = 0; n < 5; n++) await loadAssociation(store, btid);
    expect(table.testKms.calls).toEqual(['Decrypt']);
    now += 1000;
    await Promise.all(Array.from({ length: 5 }, () => loadAssociation(store, btid)));
    expect(table.testKms.calls).toEqual(['Decrypt', 'Decrypt']);
  });

  test('is not read any more once KMS refuses and the lifetime is over, and is again when KMS answers', async () => {
    const { btid, muk } = await anAssociation(table);
    const store = another();
    await store.dataKeys.prepare();
    table.testKms.refuse(true);
    expect((await loadAssociation(store, btid))?.muk.open().equals(muk)).toBe(true);
    now += 1000;
    await expect(loadAssociation(store, btid)).rejects.toMatchObject({ code: 'data-key-unavailable' });
    table.testKms.refuse(false);
    expect((await loadAssociation(store, btid))?.muk.open().equals(muk)).toBe(true);
  });

  test('is left as it was when KMS refuses a first data key: nothing is written in plain', async () => {
    table.testKms.refuse(true);
    await expect(anAssociation(table)).rejects.toMatchObject({ code: 'data-key-unavailable' });
    await expect(anMsk(table, 1)).rejects.toMatchObject({ code: 'data-key-unavailable' });
    const { Items } = await table.dynamodb.send(new ScanCommand({ TableName: table.tableName }));
    expect(Items).toEqual([]);
  });

  test('counts seals before they are made, and goes on under a new data key at 2^32', async () => {
    await anAssociation(table, 1);
    expect(await sealsOf(table, 1)).toBe(SEALS_RESERVED);
    const seals = { N: String(MAX_SEALS - SEALS_RESERVED) };
    await setInFirstDataKey(table, 'seals', seals);
    expect(await dataKeyOf(table, (await anAssociation(another(), 2)).btid)).toBe(1);
    expect(await sealsOf(table, 1)).toBe(MAX_SEALS);
    expect(await dataKeyOf(table, (await anAssociation(another(), 3)).btid)).toBe(2);
    expect(await sealsOf(table, 1)).toBe(MAX_SEALS);
  });

  test('seals more keys in parallel than one write counts', async () => {
    const sealers = await Promise.all(
      Array.from({ length: 7 * SEALS_RESERVED }, () => table.dataKeys.sealer(1)),
    );
    expect(sealers).toHaveLength(7 * SEALS_RESERVED);
    expect(table.testKms.calls).toEqual(['GenerateDataKeyWithoutPlaintext', 'Decrypt']);
    expect(await sealsOf(table, 1)).toBe(7 * SEALS_RESERVED);
  });

  test('is still read when a backup of it is restored under another name', async () => {
    const { btid, muk } = await anAssociation(table);
    const restored = await startTable();
    const { Items = [] } = await table.dynamodb.send(new ScanCommand({ TableName: table.tableName }));
    for (const Item of Items)
      await restored.dynamodb.send(new PutItemCommand({ TableName: restored.tableName, Item }));
    const store = createKeyStore({ ...restored, kms: table.kms, keyArn: table.keyArn });
    expect((await loadAssociation(store, btid))?.muk.open().equals(muk)).toBe(true);
    await restored.close();
  });
});
