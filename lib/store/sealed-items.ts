import type { SecretKey } from '../keys/secret-key.ts';
import { octetsOf } from './attributes.ts';
import type { OpenedDataKeys } from './encryption/data-keys.ts';
import {
  type AttributePlace,
  dataKeyIdOf,
  notSealedHere,
  openSealedKey,
} from './encryption/sealed-octets.ts';
import type { KeyStore } from './key-store.ts';
import { batchGet, type Item, type ItemKey } from './table.ts';

/**
 * Finds the data key of a sealed key and leaves the opening to whoever wants the key: a key request needs no MUK
 * and no MSK, a delivery no MRK. The key is opened at most once.
 * @param fields the item, or the map within it, that has the attribute `name`
 * @throws StoreError `corrupt-item` when the attribute is nothing sealed; the function returned throws it when
 * the attribute was changed or moved
 */
export type Unseal = (fields: Item, name: string, place: AttributePlace) => () => SecretKey;

/**
 * Reads items as `batchGet` does and decodes those that hold keys. It is one round trip while the data keys are
 * held; those that are not are loaded at once for all items, which are then decoded again. Where nothing is
 * sealed, because a UE is unknown, nothing is asked of KMS.
 * @param decode calls `unseal` for all that it will ever want, before it returns
 * @throws StoreError `corrupt-item` also for a data key that the table does not have, `data-key-unavailable`
 */
export async function batchGetSealed<T>(
  store: KeyStore,
  keys: readonly ItemKey[],
  decode: (items: ReadonlyMap<string, Item>, unseal: Unseal) => T,
): Promise<T> {
  const items = await batchGet(store, keys);
  const missing = new Set<number>();
  const decoded = decode(
    items,
    unsealerOf(store.dataKeys.held(), (id) => void missing.add(id)),
  );
  if (missing.size === 0) return decoded;
  const more = await store.dataKeys.heldWith(missing);
  return decode(
    items,
    unsealerOf(more, (id, place) => {
      throw notSealedHere(place, `is sealed under data key ${id}, which the table does not have`);
    }),
  );
}

function unsealerOf(
  dataKeys: OpenedDataKeys,
  onMissing: (dataKeyId: number, place: AttributePlace) => void,
): Unseal {
  return (fields, name, place) => {
    const sealed = octetsOf(fields, name);
    const id = dataKeyIdOf(sealed, place);
    const dataKey = dataKeys.get(id);
    if (dataKey === undefined) onMissing(id, place);
    let secret: SecretKey | undefined;
    return () => {
      if (dataKey === undefined) throw notSealedHere(place, `is sealed under data key ${id}, not yet opened`);
      secret ??= openSealedKey(dataKey, sealed, place);
      return secret;
    };
  };
}
