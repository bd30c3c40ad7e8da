import type { SecretKey } from '../keys/secret-key.ts';
import { octetsOf } from './attributes.ts';
import type { OpenedDataKeys } from './encryption/data-keys.ts';
import {
  type AttributeLocation,
  type DataKey,
  dataKeyIdOf,
  notSealedHere,
  openSealedKey,
} from './encryption/sealed-octets.ts';
import type { KeyStore } from './key-store.ts';
import { batchGet, type Item, type ItemKey } from './table.ts';

/** A key of an item that was read: still sealed, with the data key that opens it. */
export class SealedKey {
  readonly #dataKey: DataKey | undefined;
  readonly #sealed: Uint8Array;
  readonly #location: AttributeLocation;
  #opened: SecretKey | undefined;

  /** @param dataKey undefined: not opened yet, the item is going to be decoded again */
  constructor(dataKey: DataKey | undefined, sealed: Uint8Array, location: AttributeLocation) {
    this.#dataKey = dataKey;
    this.#sealed = sealed;
    this.#location = location;
  }

  /**
   * The key. The first call opens it, later calls return the same key.
   * @throws StoreError `corrupt-item` when the attribute was changed or moved
   */
  open(): SecretKey {
    if (this.#dataKey === undefined)
      throw notSealedHere(this.#location, 'is sealed under a data key not opened');
    this.#opened ??= openSealedKey(this.#dataKey, this.#sealed, this.#location);
    return this.#opened;
  }
}

/**
 * Takes a sealed key from an item and finds its data key. It opens nothing: a key request needs the MRK
 * alone, a delivery one MSK.
 * @param fields the item, or the map within it, that has the attribute `name`
 * @throws StoreError `corrupt-item` when the attribute is no sealed key
 */
export type SealedKeyOf = (fields: Item, name: string, location: AttributeLocation) => SealedKey;

/** For reads that need no key: what it returns never opens. */
export const closedKeyOf: SealedKeyOf = (fields, name, location) =>
  new SealedKey(undefined, octetsOf(fields, name), location);

/**
 * Reads items as `batchGet` does and decodes those that hold keys. It is one round trip while the data keys
 * are held; missing ones are loaded together for all items, which are then decoded again. Items without
 * sealed keys cost no call of KMS.
 * @param decode calls `sealedKeyOf` for every key that is used later, and opens none: it may run twice
 * @throws StoreError `corrupt-item` also for a data key that the table does not have, `data-key-unavailable`
 */
export async function batchGetSealed<T>(
  store: KeyStore,
  keys: readonly ItemKey[],
  decode: (items: ReadonlyMap<string, Item>, sealedKeyOf: SealedKeyOf) => T,
): Promise<T> {
  const items = await batchGet(store, keys);
  const missing = new Set<number>();
  const decoded = decode(
    items,
    sealedKeysUnder(store.dataKeys.held(), (id) => void missing.add(id)),
  );
  if (missing.size === 0) return decoded;
  const more = await store.dataKeys.heldWith(missing);
  return decode(
    items,
    sealedKeysUnder(more, (id, location) => {
      throw notSealedHere(location, `is sealed under data key ${id}, which the table does not have`);
    }),
  );
}

function sealedKeysUnder(
  dataKeys: OpenedDataKeys,
  onMissing: (dataKeyId: number, location: AttributeLocation) => void,
): SealedKeyOf {
  return (fields, name, location) => {
    const sealed = octetsOf(fields, name);
    const id = dataKeyIdOf(sealed, location);
    const dataKey = dataKeys.get(id);
    if (dataKey === undefined) onMissing(id, location);
    return new SealedKey(dataKey, sealed, location);
  };
}
