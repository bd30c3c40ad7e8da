import type { Btid } from '../gba/btid.ts';
import { type Association, associationOfItem } from './association.ts';
import { associationKey, keyGroupKey, userServiceKey } from './item-keys.ts';
import { type KeyGroup, keyGroupOfItem } from './key-group.ts';
import { batchGet, type KeyStore } from './key-store.ts';
import { type KeyGroupRef, type UserService, userServiceOfItem } from './user-service.ts';

/** What a key request needs to be decided on, read at once. */
export interface KeyRequestRead {
  readonly association: Association | undefined;
  readonly findKeyGroup: (ref: KeyGroupRef) => KeyGroup | undefined;
  readonly findUserService: (serviceId: string) => UserService | undefined;
}

/** Reads the association of a B-TID and the Key Groups and User Services that its request names: one round trip. */
export async function readForKeyRequest(
  store: KeyStore,
  btid: Btid,
  named: { readonly keyGroups?: readonly KeyGroupRef[]; readonly serviceIds?: readonly string[] },
): Promise<KeyRequestRead> {
  const items = await batchGet(store, [
    associationKey(btid),
    ...(named.keyGroups ?? []).map(({ keyDomainId, keyGroup }) => keyGroupKey(keyDomainId, keyGroup)),
    ...(named.serviceIds ?? []).map(userServiceKey),
  ]);
  const association = items.get(associationKey(btid).pk);
  return {
    association: association && associationOfItem(association),
    findKeyGroup: ({ keyDomainId, keyGroup }) => {
      const item = items.get(keyGroupKey(keyDomainId, keyGroup).pk);
      return item && keyGroupOfItem(item);
    },
    findUserService: (serviceId) => {
      const item = items.get(userServiceKey(serviceId).pk);
      return item && userServiceOfItem(item);
    },
  };
}
