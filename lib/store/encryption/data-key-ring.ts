import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { numberOf, octetsOf, textOf } from '../attributes.ts';
import { putIf, updateIf } from '../conditional-write.ts';
import { dataKeyRingKey } from '../item-keys.ts';
import { batchGet, type Item, keyOf, type Table } from '../table.ts';
import { MAX_SEALS } from './sealed-octets.ts';

/**
 * All data keys of a table, wrapped, in one item: one read has them, and one conditional write changes them.
 */
export interface DataKeyRing {
  /** The table that the ring was made for. A backup restored under another name keeps this one. */
  readonly madeFor: string;
  /** The data key that seals; the others still open. */
  readonly currentId: number;
  readonly wrapped: ReadonlyMap<number, Uint8Array>;
}

/** The ring, strongly consistent, or undefined before anything was sealed. One round trip. */
export async function loadDataKeyRing(table: Table): Promise<DataKeyRing | undefined> {
  const item = (await batchGet(table, [dataKeyRingKey])).get(dataKeyRingKey.pk);
  return item && ringOfItem(item);
}

/** The ID of a table's first data key. */
export const FIRST_DATA_KEY_ID = 1;

/** Makes the ring with its first data key. False, and nothing is written, when there is a ring. */
export function putFirstDataKey(table: Table, wrapped: Uint8Array): Promise<boolean> {
  return putIf(
    table,
    {
      ...keyOf(dataKeyRingKey),
      madeFor: { S: table.tableName },
      currentId: { N: String(FIRST_DATA_KEY_ID) },
      dataKeys: { M: { [FIRST_DATA_KEY_ID]: dataKeyAttribute(wrapped) } },
    },
    'attribute_not_exists(pk)',
  );
}

/**
 * Adds the data key after the current one, `currentId`, and makes it current.
 * @returns false when another process was faster
 */
export function addDataKey(table: Table, currentId: number, wrapped: Uint8Array): Promise<boolean> {
  return updateIf(table, dataKeyRingKey, {
    update: 'SET dataKeys.#next = :dataKey, currentId = :next',
    condition: 'currentId = :previous AND attribute_not_exists(dataKeys.#next)',
    names: { '#next': String(currentId + 1) },
    values: {
      ':dataKey': dataKeyAttribute(wrapped),
      ':next': { N: String(currentId + 1) },
      ':previous': { N: String(currentId) },
    },
  });
}

/**
 * Counts seals before they are made, so that no data key makes more than `MAX_SEALS` however many processes
 * seal. False, and nothing is counted, when that would be exceeded or the data key is not the current one.
 */
export function reserveSeals(table: Table, dataKeyId: number, seals: number): Promise<boolean> {
  return updateIf(table, dataKeyRingKey, {
    update: 'SET dataKeys.#id.seals = dataKeys.#id.seals + :seals',
    condition: 'currentId = :id AND dataKeys.#id.seals <= :most',
    names: { '#id': String(dataKeyId) },
    values: {
      ':id': { N: String(dataKeyId) },
      ':seals': { N: String(seals) },
      ':most': { N: String(MAX_SEALS - seals) },
    },
  });
}

function dataKeyAttribute(wrapped: Uint8Array): AttributeValue {
  return { M: { wrapped: { B: wrapped }, seals: { N: '0' } } };
}

/** @throws StoreError `corrupt-item` */
export function ringOfItem(item: Item): DataKeyRing {
  return {
    madeFor: textOf(item, 'madeFor'),
    currentId: numberOf(item, 'currentId'),
    wrapped: new Map(
      Object.entries(item.dataKeys?.M ?? {}).map(([id, { M = {} }]) => [Number(id), octetsOf(M, 'wrapped')]),
    ),
  };
}
