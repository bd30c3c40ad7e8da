import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { parseKeyDomainId } from '../../keys/key-domain-id.ts';
import { formatKeyGroup, parseKeyGroup } from '../../keys/msk-id.ts';
import { parsedSetOf, textOf, textSetAttribute } from '../attributes.ts';
import { userServiceKey } from '../item-keys.ts';
import { addServiceToKeyGroup, removeServiceFromKeyGroup } from '../key-group/key-group.ts';
import type { KeyGroupRef } from '../key-group/key-group-item.ts';
import type { KeyStore } from '../key-store.ts';
import { batchGet, type Item, keyOf } from '../table.ts';
import { parseServiceId } from './service-id.ts';

/** An MBMS User Service and the Key Groups whose MSKs protect it; several services may share one. */
export interface UserService {
  readonly serviceId: string;
  readonly keyGroups: readonly KeyGroupRef[];
}

/**
 * Writes a User Service and names it in each of its Key Groups, which are made where they do not exist. Key
 * Groups that it no longer has stop naming it: their MSKs are not for its UEs any more. Repeatable.
 * @throws StoreError `invalid` for an ID that is none; nothing is written
 */
export async function putUserService(store: KeyStore, service: UserService): Promise<void> {
  const serviceId = parseServiceId(service.serviceId);
  const before = (await loadUserServices(store, [serviceId])).get(serviceId)?.keyGroups ?? [];
  const kept = new Set(service.keyGroups.map(formatKeyGroupRef));
  for (const keyGroup of service.keyGroups) await addServiceToKeyGroup(store, keyGroup, serviceId);
  for (const keyGroup of before) {
    if (!kept.has(formatKeyGroupRef(keyGroup))) await removeServiceFromKeyGroup(store, keyGroup, serviceId);
  }
  await store.dynamodb.send(
    new PutItemCommand({
      TableName: store.tableName,
      Item: {
        ...keyOf(userServiceKey(serviceId)),
        serviceId: { S: serviceId },
        ...textSetAttribute('keyGroups', kept),
      },
    }),
  );
}

/** User Services by their ID, in one round trip; unknown ones are absent. */
export async function loadUserServices(
  store: KeyStore,
  serviceIds: readonly string[],
): Promise<ReadonlyMap<string, UserService>> {
  const items = await batchGet(store, serviceIds.map(userServiceKey));
  return new Map([...items.values()].map(userServiceOfItem).map((service) => [service.serviceId, service]));
}

/** @throws StoreError `corrupt-item` */
export function userServiceOfItem(item: Item): UserService {
  return {
    serviceId: textOf(item, 'serviceId'),
    keyGroups: parsedSetOf(item, 'keyGroups', (text) => ({
      keyDomainId: parseKeyDomainId(text.slice(0, 6)),
      keyGroup: parseKeyGroup(text.slice(7)),
    })),
  };
}

function formatKeyGroupRef({ keyDomainId, keyGroup }: KeyGroupRef): string {
  return `${keyDomainId}/${formatKeyGroup(keyGroup)}`;
}
