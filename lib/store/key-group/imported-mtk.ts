import { DeleteItemCommand } from '@aws-sdk/client-dynamodb';
import { randOfMsk } from '../../keys/msk-rand.ts';
import type { SecretKey } from '../../keys/secret-key.ts';
import { keyOfItem, numberOf, octetsOf } from '../attributes.ts';
import { updateIf } from '../conditional-write.ts';
import { IMPORTED_MTKS, importedMtkKey } from '../item-keys.ts';
import type { KeyStore } from '../key-store.ts';
import { queryAll } from '../query.ts';
import { batchGetSealed } from '../sealed-items.ts';
import { type Item, keyOf, type Table } from '../table.ts';
import type { KeyGroupRef } from './key-group-item.ts';

/** An MTK that another network has made, to be sent under an MSK that came from there, too. */
export interface ImportedMtk {
  readonly mtkId: number;
  /** 16 octets. */
  readonly mtk: SecretKey;
  /** 14 octets; undefined: of zeros. */
  readonly salt: SecretKey | undefined;
}

/** The MSK that an MTK is for. */
export interface MskOfImport extends KeyGroupRef {
  readonly keyNumber: number;
  readonly msk: SecretKey;
}

/**
 * Keeps the MTK of an MSK, sealed, in place of an earlier one. One write.
 * @returns false, and nothing is written, when an MTK with this ID or a later one is kept under the MSK
 * @throws StoreError `conflict`, `data-key-unavailable`
 */
export async function putImportedMtk(store: KeyStore, msk: MskOfImport, mtk: ImportedMtk): Promise<boolean> {
  const key = importedMtkKey(msk.keyDomainId, msk.keyGroup, msk.keyNumber);
  const seal = await store.dataKeys.sealer(2);
  const salt = mtk.salt && seal(mtk.salt, { ...key, path: 'salt' });
  return updateIf(store, key, {
    update: `SET mtkId = :mtkId, mtk = :mtk, rand = :rand${salt ? ', salt = :salt' : ' REMOVE salt'}`,
    // Of another MSK that has had the same ID: it counts no longer.
    condition: 'attribute_not_exists(mtkId) OR rand <> :rand OR mtkId < :mtkId',
    values: {
      ':mtkId': { N: String(mtk.mtkId) },
      ':mtk': seal(mtk.mtk, { ...key, path: 'mtk' }),
      ':rand': { B: randOf(msk) },
      ...(salt && { ':salt': salt }),
    },
  });
}

/**
 * The MTK that is kept for an MSK; undefined: none.
 * @throws StoreError `corrupt-item`, `data-key-unavailable`
 */
export async function loadImportedMtk(store: KeyStore, msk: MskOfImport): Promise<ImportedMtk | undefined> {
  const key = importedMtkKey(msk.keyDomainId, msk.keyGroup, msk.keyNumber);
  const open = await batchGetSealed(store, [key], (items, sealedKeyOf) => {
    const item: Item | undefined = items.get(key.pk);
    if (item === undefined || !Buffer.from(octetsOf(item, 'rand')).equals(randOf(msk))) return undefined;
    const at = keyOfItem(item);
    const mtk = sealedKeyOf(item, 'mtk', { ...at, path: 'mtk' });
    const salt = item.salt === undefined ? undefined : sealedKeyOf(item, 'salt', { ...at, path: 'salt' });
    return () => ({ mtkId: numberOf(item, 'mtkId'), mtk: mtk.open(), salt: salt?.open() });
  });
  return open?.();
}

/** Deletes the MTKs of MSKs that are gone: no key stays of what nobody may use. Repeatable. */
export async function deleteImportedMtks(
  { dynamodb, tableName }: Table,
  { keyDomainId, keyGroup }: KeyGroupRef,
  keyNumbers: Iterable<number>,
): Promise<void> {
  for (const keyNumber of keyNumbers) {
    const Key = keyOf(importedMtkKey(keyDomainId, keyGroup, keyNumber));
    await dynamodb.send(new DeleteItemCommand({ TableName: tableName, Key }));
  }
}

/** Deletes all MTKs that were imported into a Key Group. Repeatable. */
export async function deleteAllImportedMtks(
  table: Table,
  { keyDomainId, keyGroup }: KeyGroupRef,
): Promise<void> {
  const { dynamodb, tableName } = table;
  const { pk } = importedMtkKey(keyDomainId, keyGroup, 0);
  const all = { pk, first: IMPORTED_MTKS, last: `${IMPORTED_MTKS}~`, isConsistent: true };
  for await (const { sk } of queryAll(table, all))
    await dynamodb.send(
      new DeleteItemCommand({ TableName: tableName, Key: keyOf({ pk, sk: sk?.S ?? IMPORTED_MTKS }) }),
    );
}

function randOf({ keyDomainId, keyGroup, keyNumber, msk }: MskOfImport): Uint8Array {
  return randOfMsk(keyDomainId, { keyGroup, keyNumber }, msk);
}
