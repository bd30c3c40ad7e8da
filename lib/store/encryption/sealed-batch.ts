import type { SecretKey } from '../../keys/secret-key.ts';
import { StoreError } from '../errors.ts';
import { type AttributePlace, type DataKey, openSealedKey } from './sealed-octets.ts';

/** Places that differ in the end of their `pk` only. */
export interface AlikePlaces extends Omit<AttributePlace, 'pk'> {
  /** `pk` up to the ID. */
  readonly pkStart: string;
}

/**
 * Opens many keys that `sealKey` sealed under one data key, each in the place that its ID makes of `places`.
 * @returns a key for each, or undefined where any bit of it, of the place or of the data key is another; the
 * others are none the worse for it
 */
export type OpenSealedKeys = (
  dataKey: DataKey,
  sealed: readonly Uint8Array[],
  ids: readonly string[],
  places: AlikePlaces,
) => readonly (SecretKey | undefined)[];

/** One key after another by `openSealedKey`: the reference for every faster opener. */
export const openSealedKeysPlainly: OpenSealedKeys = (dataKey, sealed, ids, places) =>
  sealed.map((octets, index) => {
    try {
      return openSealedKey(dataKey, octets, placeOf(places, ids[index] ?? ''));
    } catch (error) {
      if (error instanceof StoreError && error.code === 'corrupt-item') return undefined;
      throw error;
    }
  });

/** The place of one ID. */
export function placeOf({ pkStart, sk, path }: AlikePlaces, id: string): AttributePlace {
  return { pk: pkStart + id, sk, path };
}
