import { type Btid, parseBtid } from '../../gba/btid.ts';
import { type Impi, parseImpi } from '../../gba/impi.ts';
import { boundAssociations, deleteDropped, MAX_ASSOCIATIONS } from '../association/bounded-associations.ts';
import { numberOf, optionalNumberOf, parsedOf, parsedSetOf, textSetOf } from '../attributes.ts';
import { updatedIf } from '../conditional-write.ts';
import { subscriberKey } from '../item-keys.ts';
import type { KeyStore } from '../key-store.ts';
import { batchGet, type Item } from '../table.ts';
import { copyToRegistrations, currentOf } from './delivery-copy.ts';
import { parseServiceId } from './service-id.ts';
import { changeRegistered, copySubscribed } from './subscriber-copies.ts';

/** What associations of a subscriber have in common: the original that they copy. */
export interface Subscriber {
  readonly impi: Impi;
  readonly subscribed: ReadonlySet<string>;
  readonly registered: ReadonlySet<string>;
  readonly associations: ReadonlySet<Btid>;
  /** The association of the last authenticated request; undefined before the first. */
  readonly currentBtid: Btid | undefined;
  /** When an operator has blocked it, ms since the epoch; undefined: it is not blocked. */
  readonly blockedAt: number | undefined;
}

/** Subscribers by IMPI, up to 100 in one round trip; unknown ones are absent. */
export async function loadSubscribers(
  store: KeyStore,
  impis: readonly Impi[],
): Promise<ReadonlyMap<Impi, Subscriber>> {
  const items = await batchGet(store, impis.map(subscriberKey));
  return new Map(
    [...items.values()].map(subscriberOfItem).map((subscriber) => [subscriber.impi, subscriber]),
  );
}

/**
 * Allows a subscriber a User Service: what the Membership function says. Repeatable.
 * @throws StoreError `invalid` for an ID that is none; nothing is written
 */
export async function putSubscription(store: KeyStore, impi: Impi, serviceId: string): Promise<void> {
  await changeSubscription(store, impi, 'ADD', [parseServiceId(serviceId)]);
}

/**
 * Allows a subscriber several User Services in one change; none makes a subscriber without subscriptions.
 * Repeatable.
 * @throws StoreError `invalid` for an ID that is none; nothing is written
 */
export async function putSubscriptions(
  store: KeyStore,
  impi: Impi,
  serviceIds: readonly string[],
): Promise<void> {
  if (serviceIds.length > 0) await changeSubscription(store, impi, 'ADD', serviceIds.map(parseServiceId));
  else
    await updateSubscriber(store, impi, {
      update: 'SET impi = :impi, version = if_not_exists(version, :one)',
      values: { ':impi': { S: impi }, ':one': { N: '1' } },
    });
}

/** Takes a User Service from a subscriber; MSKs that the UE holds stay with it until they are updated. */
export async function deleteSubscription(store: KeyStore, impi: Impi, serviceId: string): Promise<void> {
  await changeSubscription(store, impi, 'DELETE', [serviceId]);
}

/**
 * Adds or removes User Services in the subscriber's registrations and in its associations, all but its `own`,
 * which has the change already or gets it later.
 */
export async function changeRegistrations(
  store: KeyStore,
  {
    impi,
    own,
  }: {
    readonly impi: Impi;
    readonly own?: { readonly btid: Btid; readonly bootstrappedAt: number } | undefined;
  },
  verb: 'ADD' | 'DELETE',
  serviceIds: readonly string[],
): Promise<void> {
  const item = await updateSubscriber(store, impi, setChange(impi, verb, 'registered', serviceIds));
  if (item === undefined) return;
  const { kept, gone } = await boundedAssociations(store, item);
  const others = kept.filter((btid) => btid !== own?.btid);
  const { changed, gone: absent } = await changeRegistered(store, others, verb, serviceIds);
  const latest = currentOf(changed);
  if (latest && (own === undefined || numberOf(latest, 'bootstrappedAt') > own.bootstrappedAt))
    await copyToRegistrations(store, latest);
  await forget(store, impi, item, [...gone, ...absent]);
}

async function changeSubscription(
  store: KeyStore,
  impi: Impi,
  verb: 'ADD' | 'DELETE',
  serviceIds: readonly string[],
): Promise<void> {
  const item = await updateSubscriber(store, impi, setChange(impi, verb, 'subscribed', serviceIds));
  if (item === undefined) return;
  const subscription = { subscribed: textSetOf(item, 'subscribed'), version: numberOf(item, 'version') };
  const { kept, gone } = await boundedAssociations(store, item);
  const { changed, gone: absent } = await copySubscribed(store, kept, subscription);
  const latest = currentOf(changed);
  if (latest) await copyToRegistrations(store, latest);
  await forget(store, impi, item, [...gone, ...absent]);
}

/**
 * The associations that a change of the subscriber is written to. Tables of earlier releases may have more
 * than that: the others leave, and live ones are deleted, since no change would reach them.
 */
async function boundedAssociations(
  store: KeyStore,
  item: Item,
): Promise<{ readonly kept: readonly Btid[]; readonly gone: readonly Btid[] }> {
  const bounds = { max: MAX_ASSOCIATIONS, now: Date.now() };
  const { kept, dropped } = await boundAssociations(store, item, bounds);
  await deleteDropped(store, dropped);
  return { kept, gone: associationsOf(item).filter((btid) => !kept.includes(btid)) };
}

/** Takes associations that are gone from a subscriber, unless it was written since: one may be back. */
async function forget(store: KeyStore, impi: Impi, item: Item, gone: readonly Btid[]): Promise<void> {
  if (gone.length === 0) return;
  const update = { update: 'DELETE associations :gone', values: { ':gone': { SS: [...gone] } } };
  await updateSubscriber(store, impi, update, numberOf(item, 'version'));
}

function associationsOf(item: Item): readonly Btid[] {
  return parsedSetOf(item, 'associations', parseBtid);
}

/** What changes in a subscriber's item. */
export interface SubscriberUpdate {
  readonly update: string;
  readonly values: Item;
}

function setChange(
  impi: Impi,
  verb: 'ADD' | 'DELETE',
  set: string,
  serviceIds: readonly string[],
): SubscriberUpdate {
  const values = { ':services': { SS: [...serviceIds] }, ':one': { N: '1' }, ':impi': { S: impi } };
  const update =
    verb === 'ADD'
      ? `ADD ${set} :services, version :one SET impi = :impi`
      : `DELETE ${set} :services ADD version :one SET impi = :impi`;
  return { update, values };
}

/**
 * Updates the item of a subscriber, on condition of its version where one is named; undefined: it has none.
 * @returns the item as it is then; undefined when the version is another
 */
export function updateSubscriber(
  store: KeyStore,
  impi: Impi,
  { update, values }: SubscriberUpdate,
  ...expected: [] | [number | undefined]
): Promise<Item | undefined> {
  const [version] = expected;
  const key = subscriberKey(impi);
  if (expected.length === 0) return updatedIf(store, key, { update, values });
  if (version === undefined)
    return updatedIf(store, key, { update, values, condition: 'attribute_not_exists(version)' });
  const versioned = { ...values, ':version': { N: String(version) } };
  return updatedIf(store, key, { update, values: versioned, condition: 'version = :version' });
}

/** @throws StoreError `corrupt-item` */
export function subscriberOfItem(item: Item): Subscriber {
  return {
    impi: parsedOf(item, 'impi', parseImpi),
    subscribed: textSetOf(item, 'subscribed'),
    registered: textSetOf(item, 'registered'),
    associations: new Set(associationsOf(item)),
    currentBtid: item.currentBtid === undefined ? undefined : parsedOf(item, 'currentBtid', parseBtid),
    blockedAt: optionalNumberOf(item, 'blockedAt'),
  };
}
