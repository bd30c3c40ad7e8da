import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadAssociation, loadAssociations } from '../../lib/store/association/association.ts';
import { createKeyStore } from '../../lib/store/create-key-store.ts';
import { associationKey, dataKeyRingKey, keyGroupKey } from '../../lib/store/item-keys.ts';
import { findMsk, loadKeyGroup } from '../../lib/store/key-group/key-group.ts';
import { readForKeyRequest } from '../../lib/store/key-request-read.ts';
import { keyOf } from '../../lib/store/table.ts';
import { anAssociation, anMsk, GROUP, itemOf, missing, put, setInFirstDataKey } from './sealed-items.ts';
import { startTable, type TestTable } from './table.ts';

const corrupt = expect.objectContaining({ name: 'StoreError', code: 'corrupt-item' });

describe('what was moved or changed in the table', () => {
  let table: TestTable;
  beforeEach(async () => {
    table = await startTable();
  });
  afterEach(() => table.close());

  test('does not open: a key in the place of another key of its item', async () => {
    const { btid } = await anAssociation(table);
    const item = await itemOf(table, associationKey(btid));
    await put(table, { ...item, muk: item.mrk ?? missing(), mrk: item.muk ?? missing() });
    const read = await loadAssociation(table, btid);
    expect(() => read?.muk.open()).toThrow(corrupt);
    expect(() => read?.mrk.open()).toThrow(corrupt);
  });

  test('does not open: a key in another item, or a whole item under another primary key', async () => {
    const [one, other] = [await anAssociation(table, 1), await anAssociation(table, 2)];
    const item = await itemOf(table, associationKey(one.btid));
    const victim = await itemOf(table, associationKey(other.btid));
    await put(table, { ...victim, mrk: item.mrk ?? missing() });
    const read = await loadAssociation(table, other.btid);
    expect(() => read?.mrk.open()).toThrow(corrupt);
    expect(read?.muk.open().equals(other.muk)).toBe(true);
    await put(table, { ...item, ...keyOf(associationKey(other.btid)) });
    const moved = (await loadAssociations(table, [other.btid])).get(one.btid);
    expect(() => moved?.mrk.open()).toThrow(corrupt);
  });

  test('does not open: an MSK under another Key Number, or in another Key Group', async () => {
    await anMsk(table, 1);
    await anMsk(table, 2);
    const item = await itemOf(table, keyGroupKey(GROUP.keyDomainId, GROUP.keyGroup));
    const { '0001': first = missing(), '0002': second = missing() } = item.msks?.M ?? {};
    const swapped = { ...second.M, msk: first.M?.msk ?? missing() };
    await put(table, { ...item, msks: { M: { '0001': first, '0002': { M: swapped } } } });
    const group = await loadKeyGroup(table, GROUP);
    expect(findMsk(group, 1)?.sealed.open().length).toBe(16);
    expect(() => findMsk(group, 2)?.sealed.open()).toThrow(corrupt);
    const elsewhere = { ...GROUP, keyGroup: 2 };
    await put(table, { ...item, ...keyOf(keyGroupKey(GROUP.keyDomainId, 2)), keyGroup: { N: '2' } });
    const copied = await loadKeyGroup(table, elsewhere);
    expect(() => findMsk(copied, 1)?.sealed.open()).toThrow(corrupt);
  });

  test('is opened when its item is read: a key request opens the MRK, and no MUK or MSK', async () => {
    const { btid, mrk } = await anAssociation(table);
    await anMsk(table, 1);
    const item = await itemOf(table, associationKey(btid));
    const group = await itemOf(table, keyGroupKey(GROUP.keyDomainId, GROUP.keyGroup));
    const changed = { B: Buffer.from(item.mrk?.B ?? missing()).fill(0, 40) };
    await put(table, { ...item, muk: changed });
    await put(table, {
      ...group,
      msks: { M: { '0001': { M: { ...group.msks?.M?.['0001']?.M, msk: changed } } } },
    });
    const read = await readForKeyRequest(table, btid, { keyGroups: [GROUP] });
    expect(read.association?.mrk.equals(mrk)).toBe(true);
    expect(read.findKeyGroup(GROUP)?.msks.size).toBe(1);
    await put(table, { ...item, mrk: changed });
    await expect(readForKeyRequest(table, btid, {})).rejects.toEqual(corrupt);
  });

  test.each<[string, Uint8Array]>([
    ['a key in plain', Buffer.alloc(32, 1)],
    ['nothing', Buffer.alloc(1)],
    ['a version that is not known', Buffer.concat([Buffer.from([2]), Buffer.alloc(64)])],
    ['a data key that is not known', Buffer.concat([Buffer.from([1, 0, 0, 0, 9]), Buffer.alloc(60)])],
  ])('is refused as corrupt when it is read: %s', async (_what, octets) => {
    const { btid } = await anAssociation(table);
    await put(table, { ...(await itemOf(table, associationKey(btid))), muk: { B: octets } });
    const error: unknown = await loadAssociation(table, btid).catch((thrown: unknown) => thrown);
    expect(error).toEqual(corrupt);
    expect(String(error)).toContain(`attribute "muk" of item B-TID#${btid} ASSOCIATION`);
  });

  test('is refused by KMS: a wrapped data key under the ID of another', async () => {
    await anAssociation(table, 1);
    await table.dataKeys.rotate();
    const { wrapped = missing() } = (await itemOf(table, dataKeyRingKey)).dataKeys?.M?.['2']?.M ?? {};
    await setInFirstDataKey(table, 'wrapped', wrapped);
    const store = createKeyStore(table);
    const { btid } = await anAssociation(table, 1);
    expect((await loadAssociation(store, btid))?.muk.open().length).toBe(32);
    await expect(store.dataKeys.heldWith([1])).rejects.toMatchObject({ code: 'data-key-unavailable' });
  });
});
