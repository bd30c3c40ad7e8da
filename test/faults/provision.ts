import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import type { Btid } from '../../lib/gba/btid.ts';
import { associationKey } from '../../lib/store/item-keys.ts';
import type { KeyStore } from '../../lib/store/key-store.ts';
import { keyOf } from '../../lib/store/table.ts';
import { itemsOfUe, type ProvisionedUe, writeItems } from '../provisioned-ue.ts';

/** UEs that are written together. */
const UES_PER_WRITE = 25;

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
  ueOf: (index: number) => Pick<ProvisionedUe, 'keys' | 'ueAddress' | 'isCopied'>,
  progress: (written: number) => void,
): Promise<void> {
  const services = new Set([serviceId]);
  let next = 0;
  const work = async () => {
    while (next < count) {
      const from = next;
      next = Math.min(count, from + UES_PER_WRITE);
      const items = await Promise.all(
        Array.from({ length: next - from }, (_, each) =>
          itemsOfUe(store, { ...ueOf(from + each), registered: services, subscribed: services }),
        ),
      );
      await writeItems(store, items.flat());
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
