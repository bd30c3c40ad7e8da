import type { SecretKey } from '../../keys/secret-key.ts';
import { StoreError } from '../errors.ts';
import { type AttributeLocation, type DataKey, openSealedKey } from './sealed-octets.ts';

/** Locations that differ only in the ID at the end of their `pk`. */
export interface AttributesById extends Omit<AttributeLocation, 'pk'> {
  /** `pk` up to the ID. */
  readonly pkStart: string;
}

/**
 * Opens keys that `sealKey` sealed under one data key, each in the location of its ID.
 * @returns a key for each, in their order; undefined for a key of which any bit, the location, or the data
 * key differs
 */
export type SealedKeyOpener = (
  dataKey: DataKey,
  sealed: readonly Uint8Array[],
  ids: readonly string[],
  locations: AttributesById,
) => readonly (SecretKey | undefined)[];

/** One key after another by `openSealedKey`: the reference for every faster opener. */
export const openSealedKeys: SealedKeyOpener = (dataKey, sealed, ids, locations) =>
  sealed.map((octets, index) => {
    try {
      return openSealedKey(dataKey, octets, locationOf(locations, ids[index] ?? ''));
    } catch (error) {
      if (error instanceof StoreError && error.code === 'corrupt-item') return undefined;
      throw error;
    }
  });

/** The location of one ID. */
export function locationOf({ pkStart, sk, path }: AttributesById, id: string): AttributeLocation {
  return { pk: pkStart + id, sk, path };
}
