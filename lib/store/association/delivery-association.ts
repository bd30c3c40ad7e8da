import type { UeAddress } from '../../address/ue-address.ts';
import type { Btid } from '../../gba/btid.ts';
import type { Impi } from '../../gba/impi.ts';
import type { SecretKey } from '../../keys/secret-key.ts';
import { numberOf, octetsOf, textOf } from '../attributes.ts';
import type { OpenedDataKeys } from '../encryption/data-keys.ts';
import { locationOf, openSealedKeys } from '../encryption/sealed-batch.ts';
import { dataKeyIdOf } from '../encryption/sealed-octets.ts';
import { StoreError } from '../errors.ts';
import { associationKey } from '../item-keys.ts';
import type { KeyStore } from '../key-store.ts';
import { batchGetEach, type Item, MAX_BATCH } from '../table.ts';

/** A UE, and the association that a message to it is to use. */
export interface NamedAssociation {
  readonly impi: Impi;
  readonly btid: Btid;
}

/** The part of an association that a delivery needs: pushes read millions. Times are ms since the epoch. */
export interface DeliveryAssociation extends NamedAssociation {
  readonly bootstrappedAt: number;
  readonly expiresAt: number;
  /** User Services that the subscription allows, and those that the UE is registered to. */
  readonly subscribed: readonly string[];
  readonly registered: readonly string[];
  readonly ueAddress: UeAddress | undefined;
  readonly lastPullId: string | undefined;
  /** As `sealKey` left it, see `openMuks`; and the data key that it is sealed under. */
  readonly sealedMuk: Uint8Array;
  readonly dataKeyId: number;
}

/** Neither MRK nor nonce counts, which are the larger part of an item. */
const PROJECTION =
  'pk, btid, impi, muk, bootstrappedAt, expiresAt, subscribed, registered, ueAddress, uePort, lastPullId';

const LOCATIONS = { pkStart: associationKey('' as Btid).pk, sk: associationKey('' as Btid).sk, path: 'muk' };

/** Of every key: one object for all. */
const SK = { S: LOCATIONS.sk };

const NONE: readonly string[] = [];

/** For errors that nobody reads. */
const NO_LOCATION = locationOf(LOCATIONS, '');

/** Batches that are read in parallel. */
const PARALLEL_BATCHES = 5;

/**
 * The associations of UEs, in their order, strongly consistent, 100 in a round trip: undefined for an unknown
 * B-TID and for one of another subscriber, `corrupt-item` for an item that can't be read.
 * @throws StoreError `throttled`, or the SDK's errors
 */
export async function loadDeliveryAssociations(
  store: KeyStore,
  ues: readonly NamedAssociation[],
): Promise<(DeliveryAssociation | 'corrupt-item' | undefined)[]> {
  const found: (DeliveryAssociation | 'corrupt-item' | undefined)[] = [];
  for (let start = 0; start < ues.length; start += MAX_BATCH * PARALLEL_BATCHES) {
    const reading: Promise<(Item | undefined)[]>[] = [];
    for (let batch = 0; batch < PARALLEL_BATCHES; batch++) {
      const first = start + batch * MAX_BATCH;
      if (first < ues.length)
        reading.push(itemsOf(store, ues, first, Math.min(first + MAX_BATCH, ues.length)));
    }
    for (const items of await Promise.all(reading))
      for (const item of items) found.push(item && decoded(item, ues[found.length] as NamedAssociation));
  }
  return found;
}

/** The items of the UEs from `first` to `end`, in their order. */
async function itemsOf(
  store: KeyStore,
  ues: readonly NamedAssociation[],
  first: number,
  end: number,
): Promise<(Item | undefined)[]> {
  const items = new Array<Item | undefined>(end - first).fill(undefined);
  const indexOf = new Map<string, number>();
  const repeated: [index: number, original: number][] = [];
  const keys: Item[] = [];
  for (let index = 0; index < items.length; index++) {
    const pk = LOCATIONS.pkStart + (ues[first + index] as NamedAssociation).btid;
    const original = indexOf.get(pk);
    if (original === undefined) {
      indexOf.set(pk, index);
      keys.push({ pk: { S: pk }, sk: SK });
    } else repeated.push([index, original]);
  }
  await batchGetEach(
    store,
    keys,
    (pk, item) => {
      const index = indexOf.get(pk);
      if (index !== undefined) items[index] = item;
    },
    PROJECTION,
  );
  for (const [index, original] of repeated) items[index] = items[original];
  return items;
}

/**
 * The MUKs of associations, in their order, opened in one batch; undefined for a MUK that was changed or
 * moved, or is sealed under a data key that the table does not have.
 * @throws StoreError `data-key-unavailable`, or the SDK's errors
 */
export async function openMuks(
  store: KeyStore,
  associations: readonly DeliveryAssociation[],
): Promise<(SecretKey | undefined)[]> {
  const muks = new Array<SecretKey | undefined>(associations.length).fill(undefined);
  const byDataKey = new Map<number, number[]>();
  for (let index = 0; index < associations.length; index++) {
    const { dataKeyId } = associations[index] as DeliveryAssociation;
    const others = byDataKey.get(dataKeyId);
    if (others === undefined) byDataKey.set(dataKeyId, [index]);
    else others.push(index);
  }
  const dataKeys = await dataKeysWith(store, [...byDataKey.keys()]);
  const open = store.openSealedKeys ?? openSealedKeys;
  for (const [id, indexes] of byDataKey) {
    const dataKey = dataKeys.get(id);
    if (dataKey === undefined) continue;
    const theirs = indexes.map((index) => associations[index] as DeliveryAssociation);
    const opened = open(
      dataKey,
      theirs.map(({ sealedMuk }) => sealedMuk),
      theirs.map(({ btid }) => btid),
      LOCATIONS,
    );
    for (let each = 0; each < indexes.length; each++) muks[indexes[each] as number] = opened[each];
  }
  return muks;
}

async function dataKeysWith({ dataKeys }: KeyStore, ids: readonly number[]): Promise<OpenedDataKeys> {
  const held = dataKeys.held();
  // All of them: where one is not known, the others are read anew with it.
  return ids.every((id) => held.has(id)) ? held : dataKeys.heldWith(ids);
}

/** Compares its B-TID and IMPI with the known ones, which saves parsing them. */
function decoded(item: Item, ue: NamedAssociation): DeliveryAssociation | 'corrupt-item' | undefined {
  try {
    const { impi, btid } = ue;
    // A B-TID of another subscriber would be somebody else's key.
    if (textOf(item, 'impi') !== impi) return undefined;
    if (textOf(item, 'btid') !== btid) return 'corrupt-item';
    const sealedMuk = octetsOf(item, 'muk');
    const address = item.ueAddress?.S;
    const port = item.uePort?.N;
    return {
      impi,
      btid,
      bootstrappedAt: numberOf(item, 'bootstrappedAt'),
      expiresAt: numberOf(item, 'expiresAt'),
      subscribed: item.subscribed?.SS ?? NONE,
      registered: item.registered?.SS ?? NONE,
      ueAddress: address === undefined || port === undefined ? undefined : { address, port: Number(port) },
      lastPullId: item.lastPullId?.S,
      sealedMuk,
      dataKeyId: dataKeyIdOf(sealedMuk, NO_LOCATION),
    };
  } catch (error) {
    if (error instanceof StoreError && error.code === 'corrupt-item') return 'corrupt-item';
    throw error;
  }
}
