import type { UeAddress } from '../../address/ue-address.ts';
import { type Btid, parseBtid } from '../../gba/btid.ts';
import { type Impi, parseImpi } from '../../gba/impi.ts';
import type { SecretKey } from '../../keys/secret-key.ts';
import {
  keyOfItem,
  numberOf,
  optionalNumberOf,
  parsedOf,
  textSetAttribute,
  textSetOf,
} from '../attributes.ts';
import { updatedIf } from '../conditional-write.ts';
import type { Seal } from '../encryption/data-keys.ts';
import { associationKey } from '../item-keys.ts';
import type { KeyStore } from '../key-store.ts';
import { RAISED_BY } from '../registration/delivery-copy.ts';
import { batchGetSealed, type SealedKey, type SealedKeyOf } from '../sealed-items.ts';
import { type Item, keyOf } from '../table.ts';
import { type NonceCounts, nonceCountsOf } from './nonce-counts.ts';

/** The kinds of bootstrapping: whose keys they are with GBA (TS 33.220), or AKMA (TS 33.535). */
export const GBA_TYPES = ['GBA_ME', 'GBA_U', 'AKMA'] as const;
export type GbaType = (typeof GBA_TYPES)[number];

/** What bootstrapping gives: the association as a NAF knows it. Times are ms since the epoch. */
export interface BootstrappedKeys {
  readonly btid: Btid;
  readonly impi: Impi;
  readonly gbaType: GbaType;
  /** 32 octets each. */
  readonly muk: SecretKey;
  readonly mrk: SecretKey;
  readonly bootstrappedAt: number;
  readonly expiresAt: number;
}

/** A bootstrapped security association without its keys, and all that a key request needs beside it. */
export interface AssociationState extends Omit<BootstrappedKeys, 'muk' | 'mrk'> {
  /** User Services that the subscription allows. */
  readonly subscribed: ReadonlySet<string>;
  /** User Services that the UE is registered to. */
  readonly registered: ReadonlySet<string>;
  /** The UE's address at its last authenticated request; undefined before the first. */
  readonly ueAddress: UeAddress | undefined;
  /** Whether an authenticated request has made this the association that pushes use. */
  readonly isCurrent: boolean;
  /** The solicited pull, by its push ID, that its MUK was used for beyond the key lifetime. */
  readonly lastPullId: string | undefined;
  /**
   * Whether registrations may lack a copy of what deliveries need: a request was cut off before it made them.
   */
  readonly isCopyDue: boolean;
  readonly nonceCounts: NonceCounts;
}

/** An association as a key request has it: the MRK, which authenticates the request, is opened. */
export interface Association extends AssociationState {
  /** 32 octets */
  readonly mrk: SecretKey;
}

/** An association as it is read from the table, its keys sealed. */
export interface SealedAssociation extends AssociationState {
  readonly muk: SealedKey;
  readonly mrk: SealedKey;
}

/**
 * How long items stay after the key lifetime: a solicited pull may still use the MUK (TS 33.246 §6.3.2.2.4).
 */
const KEPT_AFTER_EXPIRY_MS = 30 * 24 * 3600 * 1000;

/** The association of a B-TID, strongly consistent, or undefined. One round trip. */
export async function loadAssociation(store: KeyStore, btid: Btid): Promise<SealedAssociation | undefined> {
  return (await loadAssociations(store, [btid])).get(btid);
}

/** The associations of up to 100 B-TIDs in one round trip; unknown ones are absent. */
export async function loadAssociations(
  store: KeyStore,
  btids: readonly Btid[],
): Promise<ReadonlyMap<Btid, SealedAssociation>> {
  return batchGetSealed(store, btids.map(associationKey), (items, sealedKeyOf) => {
    const associations = [...items.values()].map((item) => associationOfItem(item, sealedKeyOf));
    return new Map(associations.map((association) => [association.btid, association]));
  });
}

/** Copies of the subscriber's; DynamoDB has no empty sets, so an empty one is absent. */
const SETS = ['subscribed', 'registered'] as const;

/** What requests of a UE leave behind, and another subscriber's must not take over. */
const OF_UE = ['isCurrent', 'lastPullId', 'ueAddress', 'uePort', 'copyDue'] as const;

/** Keys that the item of an association holds sealed. */
export const SEALS_OF_ASSOCIATION = 2;

/** The item of a new association; the sets come from the subscriber. */
export function itemOfNewAssociation(
  keys: BootstrappedKeys,
  sets: Pick<AssociationState, 'subscribed' | 'registered'>,
  ueAddress: UeAddress | undefined,
  seal: Seal,
): Item {
  const key = associationKey(keys.btid);
  return {
    ...keyOf(key),
    btid: { S: keys.btid },
    impi: { S: keys.impi },
    gbaType: { S: keys.gbaType },
    muk: seal(keys.muk, { ...key, path: 'muk' }),
    mrk: seal(keys.mrk, { ...key, path: 'mrk' }),
    bootstrappedAt: { N: String(keys.bootstrappedAt) },
    expiresAt: { N: String(keys.expiresAt) },
    ttl: { N: String(Math.ceil((keys.expiresAt + KEPT_AFTER_EXPIRY_MS) / 1000)) },
    ...textSetAttribute('subscribed', sets.subscribed),
    ...textSetAttribute('registered', sets.registered),
    ...(ueAddress && { ueAddress: { S: ueAddress.address }, uePort: { N: String(ueAddress.port) } }),
  };
}

/**
 * Writes the item of an association, and keeps the nonce counts and the UE's address that requests have left
 * in it; of another subscriber's, the nonce counts alone.
 * @param before the item as it was read; undefined: there was none
 * @param now ms since the epoch
 * @returns the item as it is then; undefined, and writes nothing, when somebody else has written other keys
 * since
 */
export async function writeAssociation(
  store: KeyStore,
  item: Item,
  before: Item | undefined,
  now: number,
): Promise<Item | undefined> {
  const { pk: _pk, sk: _sk, ...attributes } = item;
  const present = Object.entries(attributes);
  const isOfAnother = before !== undefined && before.impi?.S !== item.impi?.S;
  const unwanted: readonly string[] = isOfAnother ? [...SETS, ...OF_UE] : SETS;
  const absent = unwanted.filter((name) => !(name in attributes));
  const set = present.map((_, index) => `#set${index} = :set${index}`);
  const remove = absent.map((_, index) => `#remove${index}`);
  const values = Object.fromEntries(present.map(([, value], index) => [`:set${index}`, value]));
  // Counts on from the time: copies may be left of an association that this B-TID had and that is gone.
  set.push('deliveryVersion = if_not_exists(deliveryVersion, :now) + :one');
  const isCopyDue = !isOfAnother && before?.isCurrent?.BOOL === true;
  if (isCopyDue) set.push('copyDue = :due');
  return updatedIf(store, keyOfItem(item), {
    update: `SET ${set.join(', ')}${remove.length > 0 ? ` REMOVE ${remove.join(', ')}` : ''}`,
    condition: before?.muk === undefined ? 'attribute_not_exists(muk)' : 'muk = :mukBefore',
    names: Object.fromEntries([
      ...present.map(([name], index) => [`#set${index}`, name]),
      ...absent.map((name, index) => [`#remove${index}`, name]),
    ]),
    values: {
      ...values,
      ...RAISED_BY,
      ':now': { N: String(now) },
      ...(isCopyDue && { ':due': { BOOL: true } }),
      ...(before?.muk && { ':mukBefore': before.muk }),
    },
  });
}

/** @throws StoreError `corrupt-item` */
export function associationOfItem(item: Item, sealedKeyOf: SealedKeyOf): SealedAssociation {
  const key = keyOfItem(item);
  const address = item.ueAddress?.S;
  const port = optionalNumberOf(item, 'uePort');
  return {
    btid: parsedOf(item, 'btid', parseBtid),
    impi: parsedOf(item, 'impi', parseImpi),
    gbaType: GBA_TYPES.find((each) => each === item.gbaType?.S) ?? 'GBA_ME',
    muk: sealedKeyOf(item, 'muk', { ...key, path: 'muk' }),
    mrk: sealedKeyOf(item, 'mrk', { ...key, path: 'mrk' }),
    bootstrappedAt: numberOf(item, 'bootstrappedAt'),
    expiresAt: numberOf(item, 'expiresAt'),
    subscribed: textSetOf(item, 'subscribed'),
    registered: textSetOf(item, 'registered'),
    ueAddress: address === undefined || port === undefined ? undefined : { address, port },
    isCurrent: item.isCurrent?.BOOL === true,
    lastPullId: item.lastPullId?.S,
    isCopyDue: item.copyDue?.BOOL === true,
    nonceCounts: nonceCountsOf(item),
  };
}
