import { ConditionalCheckFailedException, DeleteItemCommand } from '@aws-sdk/client-dynamodb';
import { type Btid, parseBtid } from '../../gba/btid.ts';
import { isExpired } from '../../gba/lifetime.ts';
import { keyOfItem, numberOf, parsedOf, parsedSetOf, textOf } from '../attributes.ts';
import { associationKey } from '../item-keys.ts';
import { batchGetEach, type Item, keyOf, MAX_BATCH, type Table } from '../table.ts';

/**
 * Associations of one subscriber that are kept up to date, at most: a UE uses its last one, and the one
 * before until the BM-SC knows of the last. A change of the subscriber writes no more items than these.
 */
export const MAX_ASSOCIATIONS = 8;

/** The associations of a subscriber that stay, and the items of the others. */
export interface BoundedAssociations {
  readonly kept: readonly Btid[];
  /** Live ones, which must be deleted: no change of the subscriber reaches them any more. */
  readonly dropped: readonly Item[];
}

/**
 * Chooses the associations of a subscriber that stay when there are more than `max`: the current one, then
 * those that were bootstrapped last. Expired ones and those that TTL has deleted leave first.
 * @param subscriber its item
 * @param now ms since the epoch
 */
export async function boundAssociations(
  table: Table,
  subscriber: Item,
  { max, now, except }: { readonly max: number; readonly now: number; readonly except?: Btid | undefined },
): Promise<BoundedAssociations> {
  const btids = parsedSetOf(subscriber, 'associations', parseBtid).filter((btid) => btid !== except);
  if (btids.length <= max) return { kept: btids, dropped: [] };
  const current = subscriber.currentBtid?.S;
  const items = await readItems(table, btids);
  const live = items.filter((item) => !isExpired(numberOf(item, 'expiresAt'), now));
  const ranked = live
    .filter((item) => textOf(item, 'btid') !== current)
    .sort((one, other) => numberOf(other, 'bootstrappedAt') - numberOf(one, 'bootstrappedAt'));
  const ofCurrent = btids.filter((btid) => btid === current);
  const room = max - ofCurrent.length;
  const kept = ranked.slice(0, room).map((item) => parsedOf(item, 'btid', parseBtid));
  return { kept: [...ofCurrent, ...kept], dropped: ranked.slice(room) };
}

/** Deletes associations that dropped out of the bound, but none that was written again since it was read. */
export async function deleteDropped(
  { dynamodb, tableName }: Table,
  dropped: BoundedAssociations['dropped'],
): Promise<void> {
  await Promise.all(
    dropped.map(async (item) => {
      const condition = { ExpressionAttributeValues: { ':muk': item.muk ?? { NULL: true } } };
      try {
        await dynamodb.send(
          new DeleteItemCommand({
            TableName: tableName,
            Key: keyOf(keyOfItem(item)),
            ConditionExpression: 'muk = :muk',
            ...condition,
          }),
        );
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
      }
    }),
  );
}

async function readItems(table: Table, btids: readonly Btid[]): Promise<Item[]> {
  const items: Item[] = [];
  for (let start = 0; start < btids.length; start += MAX_BATCH) {
    const keys = btids.slice(start, start + MAX_BATCH).map((btid) => keyOf(associationKey(btid)));
    await batchGetEach(
      table,
      keys,
      (_, item) => items.push(item),
      'pk, sk, btid, expiresAt, bootstrappedAt, muk',
    );
  }
  return items;
}
