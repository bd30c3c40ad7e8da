import type { Btid } from '../gba/btid.ts';
import { type Association, associationOfItem, type SealedAssociation } from './association/association.ts';
import { associationKey, keyGroupKey, userServiceKey } from './item-keys.ts';
import type { KeyGroup, KeyGroupRef } from './key-group/key-group-item.ts';
import { keyGroupOfItem } from './key-group/key-group-item.ts';
import type { KeyStore } from './key-store.ts';
import { type UserService, userServiceOfItem } from './registration/user-service.ts';
import { batchGetSealed } from './sealed-items.ts';

/** All that decides a key request. */
export interface KeyRequestRead {
  readonly association: Association | undefined;
  readonly findKeyGroup: (ref: KeyGroupRef) => KeyGroup | undefined;
  readonly findUserService: (serviceId: string) => UserService | undefined;
}

/**
 * Reads the association of a B-TID and the Key Groups and User Services that its request names, in one round
 * trip. Of their keys it opens the MRK, which authenticates the request, and no other.
 * @throws StoreError `corrupt-item` also when the MRK was changed or moved
 */
export async function readForKeyRequest(
  store: KeyStore,
  btid: Btid,
  named: { readonly keyGroups?: readonly KeyGroupRef[]; readonly serviceIds?: readonly string[] },
): Promise<KeyRequestRead> {
  const groupKeys = (named.keyGroups ?? []).map((ref) => keyGroupKey(ref.keyDomainId, ref.keyGroup));
  const keys = [associationKey(btid), ...groupKeys, ...(named.serviceIds ?? []).map(userServiceKey)];
  const { association, ...read } = await batchGetSealed(store, keys, (items, sealedKeyOf) => {
    const item = items.get(associationKey(btid).pk);
    const groups = new Map<string, KeyGroup>();
    for (const { pk } of groupKeys) {
      const item = items.get(pk);
      if (item !== undefined) groups.set(pk, keyGroupOfItem(item, sealedKeyOf));
    }
    return {
      association: item && associationOfItem(item, sealedKeyOf),
      findKeyGroup: ({ keyDomainId, keyGroup }: KeyGroupRef) =>
        groups.get(keyGroupKey(keyDomainId, keyGroup).pk),
      findUserService: (serviceId: string) => {
        const item = items.get(userServiceKey(serviceId).pk);
        return item && userServiceOfItem(item);
      },
    };
  });
  return { ...read, association: association && withMrkOpened(association) };
}

function withMrkOpened({ mrk, muk: _, ...state }: SealedAssociation): Association {
  return { ...state, mrk: mrk.open() };
}
