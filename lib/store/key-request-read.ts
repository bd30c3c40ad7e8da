import type { Btid } from '../gba/btid.ts';
import { type Association, associationOfItem } from './association/association.ts';
import { associationKey, keyGroupKey, userServiceKey } from './item-keys.ts';
import type { KeyGroup, KeyGroupRef } from './key-group/key-group-item.ts';
import { keyGroupOfItem } from './key-group/key-group-item.ts';
import type { KeyStore } from './key-store.ts';
import { type UserService, userServiceOfItem } from './registration/user-service.ts';
import { batchGetSealed } from './sealed-items.ts';

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
  const groupKeys = (named.keyGroups ?? []).map((ref) => keyGroupKey(ref.keyDomainId, ref.keyGroup));
  const keys = [associationKey(btid), ...groupKeys, ...(named.serviceIds ?? []).map(userServiceKey)];
  return batchGetSealed(store, keys, (items, unseal) => {
    const association = items.get(associationKey(btid).pk);
    const groups = new Map<string, KeyGroup>();
    for (const { pk } of groupKeys) {
      const item = items.get(pk);
      if (item !== undefined) groups.set(pk, keyGroupOfItem(item, unseal));
    }
    return {
      association: association && associationOfItem(association, unseal),
      findKeyGroup: ({ keyDomainId, keyGroup }) => groups.get(keyGroupKey(keyDomainId, keyGroup).pk),
      findUserService: (serviceId) => {
        const item = items.get(userServiceKey(serviceId).pk);
        return item && userServiceOfItem(item);
      },
    };
  });
}
