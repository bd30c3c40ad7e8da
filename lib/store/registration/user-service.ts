import { DeleteItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { parsedSetOf, textOf, textSetAttribute } from '../attributes.ts';
import {
  enterInCatalogue,
  type Listed,
  type ListOptions,
  listCatalogue,
  nameOfEntry,
  strikeFromCatalogue,
} from '../catalogue.ts';
import { updateIf } from '../conditional-write.ts';
import { userServiceKey } from '../item-keys.ts';
import { addServiceToKeyGroup, removeServiceFromKeyGroup } from '../key-group/key-group.ts';
import { formatKeyGroupRef, type KeyGroupRef, parseKeyGroupRef } from '../key-group/key-group-item.ts';
import type { KeyStore } from '../key-store.ts';
import { batchGet, type Item, keyOf, MAX_BATCH, type Table } from '../table.ts';
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
  await enterInCatalogue(store, 'SERVICES', serviceId);
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

/**
 * Gives a User Service further Key Groups, as `putUserService` does, and keeps those that it has. Makes a
 * User Service that does not exist.
 * @throws StoreError `invalid` for an ID that is none; nothing is written
 */
export async function addKeyGroupsToService(store: KeyStore, service: UserService): Promise<void> {
  const serviceId = parseServiceId(service.serviceId);
  await enterInCatalogue(store, 'SERVICES', serviceId);
  for (const keyGroup of service.keyGroups) await addServiceToKeyGroup(store, keyGroup, serviceId);
  await updateIf(store, userServiceKey(serviceId), {
    update: 'ADD keyGroups :keyGroups SET serviceId = :serviceId',
    values: {
      ':keyGroups': { SS: service.keyGroups.map(formatKeyGroupRef) },
      ':serviceId': { S: serviceId },
    },
  });
}

/**
 * Deletes a User Service: its Key Groups stop naming it. Subscriptions and registrations to it stay, and
 * count again if it is provisioned again. Repeatable.
 */
export async function deleteUserService(store: KeyStore, serviceId: string): Promise<void> {
  const keyGroups = (await loadUserServices(store, [serviceId])).get(serviceId)?.keyGroups ?? [];
  for (const keyGroup of keyGroups) await removeServiceFromKeyGroup(store, keyGroup, serviceId);
  const Key = keyOf(userServiceKey(serviceId));
  await store.dynamodb.send(new DeleteItemCommand({ TableName: store.tableName, Key }));
  await strikeFromCatalogue(store, 'SERVICES', serviceId);
}

/** Takes a Key Group from a User Service that has it. Repeatable. */
export async function takeKeyGroupFromService(
  store: KeyStore,
  serviceId: string,
  keyGroup: KeyGroupRef,
): Promise<void> {
  await removeServiceFromKeyGroup(store, keyGroup, serviceId);
  const name = formatKeyGroupRef(keyGroup);
  await updateIf(store, userServiceKey(serviceId), {
    update: 'DELETE keyGroups :keyGroup',
    condition: 'contains(keyGroups, :name)',
    values: { ':keyGroup': { SS: [name] }, ':name': { S: name } },
  });
}

/** User Services in the order of their IDs. */
export async function listUserServices(table: Table, options: ListOptions): Promise<Listed<UserService>> {
  const { entries, next } = await listCatalogue(table, 'SERVICES', options);
  const services = await loadUserServices(table, entries.map(nameOfEntry));
  return { entries: entries.flatMap((entry) => services.get(nameOfEntry(entry)) ?? []), next };
}

/** All User Services in the order of their IDs. */
export async function* allUserServices(table: Table): AsyncGenerator<UserService> {
  let after: string | undefined;
  do {
    const { entries, next } = await listUserServices(table, { after, limit: MAX_BATCH });
    yield* entries;
    after = next;
  } while (after !== undefined);
}

/** User Services by their ID, in one round trip; unknown ones are absent. */
export async function loadUserServices(
  table: Table,
  serviceIds: readonly string[],
): Promise<ReadonlyMap<string, UserService>> {
  const items = await batchGet(table, serviceIds.map(userServiceKey));
  return new Map([...items.values()].map(userServiceOfItem).map((service) => [service.serviceId, service]));
}

/** @throws StoreError `corrupt-item` */
export function userServiceOfItem(item: Item): UserService {
  return {
    serviceId: textOf(item, 'serviceId'),
    keyGroups: parsedSetOf(item, 'keyGroups', parseKeyGroupRef),
  };
}
