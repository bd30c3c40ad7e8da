import { randomBytes } from 'node:crypto';
import { type AttributeValue, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { btidOf } from '../../lib/gba/btid.ts';
import { parseImpi } from '../../lib/gba/impi.ts';
import { keyDomainIdOfPlmn } from '../../lib/keys/key-domain-id.ts';
import { FULL_VALIDITY } from '../../lib/keys/msk-validity.ts';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import { putAssociation } from '../../lib/store/association/put-association.ts';
import { dataKeyIdOf } from '../../lib/store/encryption/sealed-octets.ts';
import { associationKey, dataKeyRingKey } from '../../lib/store/item-keys.ts';
import { putMsk } from '../../lib/store/key-group/key-group.ts';
import { batchGet, type Item, type ItemKey, keyOf } from '../../lib/store/table.ts';
import type { TestTable } from './table.ts';

export const GROUP = { keyDomainId: keyDomainIdOfPlmn({ mcc: '001', mnc: '01' }), keyGroup: 1 };

/** Stores the association number `n`, from 0 to 9, of a subscriber of its own, with random keys. */
export async function anAssociation(store: Parameters<typeof putAssociation>[0], n = 0) {
  const keys = { muk: new SecretKey(randomBytes(32)), mrk: new SecretKey(randomBytes(32)) };
  const btid = btidOf({ rand: Buffer.alloc(16, n), bsfName: 'bsf.home1.net' });
  await putAssociation(store, {
    btid,
    impi: parseImpi(`00101012345678${n}@home1.net`),
    gbaType: 'GBA_ME',
    ...keys,
    bootstrappedAt: 1,
    expiresAt: 3_600_001,
  });
  return { btid, ...keys };
}

/** Stores a random MSK of the Key Group. */
export async function anMsk(store: Parameters<typeof putMsk>[0], keyNumber: number): Promise<SecretKey> {
  const msk = new SecretKey(randomBytes(16));
  await putMsk(store, GROUP, { keyNumber, msk, validity: FULL_VALIDITY });
  return msk;
}

/** An item as it stands in the table. */
export async function itemOf(table: TestTable, key: ItemKey): Promise<Item> {
  return (await batchGet(table, [key])).get(key.pk) ?? missing();
}

/** The ID of the data key that an association's MUK is sealed under. */
export async function dataKeyOf(
  table: TestTable,
  btid: Parameters<typeof associationKey>[0],
): Promise<number> {
  const key = associationKey(btid);
  return dataKeyIdOf((await itemOf(table, key)).muk?.B ?? missing(), { ...key, path: 'muk' });
}

/** How many seals are counted for a data key. */
export async function sealsOf(table: TestTable, id: number): Promise<number> {
  return Number((await itemOf(table, dataKeyRingKey)).dataKeys?.M?.[id]?.M?.seals?.N);
}

/** Changes what the ring holds of data key 1. */
export async function setInFirstDataKey(
  table: TestTable,
  name: string,
  value: AttributeValue,
): Promise<void> {
  await table.dynamodb.send(
    new UpdateItemCommand({
      TableName: table.tableName,
      Key: keyOf(dataKeyRingKey),
      UpdateExpression: 'SET dataKeys.#id.#name = :value',
      ExpressionAttributeNames: { '#id': '1', '#name': name },
      ExpressionAttributeValues: { ':value': value },
    }),
  );
}

/** Puts an item past the store. */
export async function put(table: TestTable, item: Item): Promise<void> {
  await table.dynamodb.send(new PutItemCommand({ TableName: table.tableName, Item: item }));
}

/** What stands for a value that the test can't do without. */
export function missing(): never {
  throw new Error('the table has no such item or attribute');
}
