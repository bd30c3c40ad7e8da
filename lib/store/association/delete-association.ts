import { DeleteItemCommand } from '@aws-sdk/client-dynamodb';
import type { Btid } from '../../gba/btid.ts';
import { textSetOf } from '../attributes.ts';
import { updatedIf, updateIf } from '../conditional-write.ts';
import { associationKey, subscriberKey } from '../item-keys.ts';
import type { KeyStore } from '../key-store.ts';
import { removeCopies } from '../registration/delivery-copy.ts';
import { keyOf } from '../table.ts';
import { type AssociationSummary, loadAssociationSummaries } from './association-summary.ts';

/**
 * Deletes an association with its keys, those that registrations have copied among them. The registrations
 * stay: they count again once the UE has another association.
 * Repeatable.
 * @returns what it was; undefined: there was none
 */
export async function deleteAssociation(
  store: KeyStore,
  btid: Btid,
): Promise<AssociationSummary | undefined> {
  const [association] = await loadAssociationSummaries(store, [btid]);
  if (association === undefined) return undefined;
  const Key = keyOf(associationKey(btid));
  await store.dynamodb.send(new DeleteItemCommand({ TableName: store.tableName, Key }));
  const subscriber = subscriberKey(association.impi);
  const item = await updatedIf(store, subscriber, {
    update: 'DELETE associations :btids ADD version :one',
    condition: 'attribute_exists(pk)',
    values: { ':btids': { SS: [btid] }, ':one': { N: '1' } },
  });
  await updateIf(store, subscriber, {
    update: 'REMOVE currentBtid, currentBootstrappedAt ADD version :one',
    condition: 'currentBtid = :btid',
    values: { ':btid': { S: btid }, ':one': { N: '1' } },
  });
  await removeCopies(store, association, textSetOf(item ?? {}, 'registered'));
  return association;
}
