import { BatchWriteItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import type { UeAddress } from '../../lib/address/ue-address.ts';
import type { Btid } from '../../lib/gba/btid.ts';
import {
  type BootstrappedKeys,
  itemOfNewAssociation,
  SEALS_OF_ASSOCIATION,
} from '../../lib/store/association/association.ts';
import { associationKey, registrationKey, subscriberKey } from '../../lib/store/item-keys.ts';
import type { KeyStore } from '../../lib/store/key-store.ts';
import { type Item, keyOf } from '../../lib/store/table.ts';

/** A UE that has registered to the load's User Service. */
export interface ProvisionedUe {
  readonly keys: BootstrappedKeys;
  readonly ueAddress: UeAddress;
}

/** BatchWriteItem accepts at most 25 items in a call. */
const MAX_BATCH = 25;

/** Calls in parallel. */
const PARALLEL = 8;

/**
 * Writes UEs as if each had bootstrapped, subscribed and registered to the User Service: association,
 * subscriber, registration.
 */
export async function provisionUes(
  store: KeyStore,
  serviceId: string,
  count: number,
  ueOf: (index: number) => ProvisionedUe,
  progress: (written: number) => void,
): Promise<void> {
  let next = 0;
  const work = async () => {
    while (next < count) {
      const from = next;
      next = Math.min(count, from + MAX_BATCH);
      const items = await Promise.all(
        Array.from({ length: next - from }, (_, each) => itemsOf(store, serviceId, ueOf(from + each))),
      );
      const all = items.flat();
      for (let start = 0; start < all.length; start += MAX_BATCH)
        await writeAll(store, all.slice(start, start + MAX_BATCH));
      progress(next);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, work));
}

/**
 * Takes a User Service from an association, as an authenticated deregistration does before the registration
 * goes.
 */
export async function deregisterAssociation(store: KeyStore, btid: Btid, serviceId: string): Promise<void> {
  await store.dynamodb.send(
    new UpdateItemCommand({
      TableName: store.tableName,
      Key: keyOf(associationKey(btid)),
      UpdateExpression: 'DELETE registered :services',
      ExpressionAttributeValues: { ':services': { SS: [serviceId] } },
    }),
  );
}

async function itemsOf(
  store: KeyStore,
  serviceId: string,
  { keys, ueAddress }: ProvisionedUe,
): Promise<Item[]> {
  const services = new Set([serviceId]);
  const sets = { subscribed: services, registered: services };
  const { btid, impi, bootstrappedAt } = keys;
  const seal = await store.dataKeys.sealer(SEALS_OF_ASSOCIATION);
  return [
    { ...itemOfNewAssociation(keys, sets, ueAddress, seal), isCurrent: { BOOL: true } },
    {
      ...keyOf(subscriberKey(impi)),
      impi: { S: impi },
      subscribed: { SS: [serviceId] },
      registered: { SS: [serviceId] },
      associations: { SS: [btid] },
      currentBtid: { S: btid },
      currentBootstrappedAt: { N: String(bootstrappedAt) },
      version: { N: '1' },
    },
    {
      ...keyOf(registrationKey(serviceId, impi)),
      impi: { S: impi },
      btid: { S: btid },
      serviceId: { S: serviceId },
    },
  ];
}

async function writeAll({ dynamodb, tableName }: KeyStore, items: readonly Item[]): Promise<void> {
  let pending = items.map((Item) => ({ PutRequest: { Item } }));
  while (pending.length > 0) {
    const { UnprocessedItems = {} } = await dynamodb.send(
      new BatchWriteItemCommand({ RequestItems: { [tableName]: pending } }),
    );
    const left = UnprocessedItems[tableName] ?? [];
    pending = left.flatMap(({ PutRequest }) =>
      PutRequest?.Item ? [{ PutRequest: { Item: PutRequest.Item } }] : [],
    );
  }
}
