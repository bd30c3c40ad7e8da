import { randomBytes } from 'node:crypto';
import { DeleteItemCommand } from '@aws-sdk/client-dynamodb';
import { parseBtid } from '../../gba/btid.ts';
import { type Impi, parseImpi } from '../../gba/impi.ts';
import { parsedSetOf, textSetOf } from '../attributes.ts';
import {
  enterInCatalogue,
  type Listed,
  type ListOptions,
  listCatalogue,
  nameOfEntry,
  strikeFromCatalogue,
} from '../catalogue.ts';
import { updatedIf, updateIf } from '../conditional-write.ts';
import { associationKey, registrationKey, subscriberKey } from '../item-keys.ts';
import type { KeyStore } from '../key-store.ts';
import { putStop } from '../stops.ts';
import { batchGet, getItem, type Item, type ItemKey, keyOf, type Table } from '../table.ts';

/** What has ended with a subscriber's access. */
export interface EndedAccess {
  /** Associations that were deleted, with their keys. */
  readonly associations: number;
  /** User Services that the UE was registered to. */
  readonly registrations: readonly string[];
}

/**
 * Blocks a subscriber: its associations and registrations end, and it gets no other until it is unblocked, by
 * whatever bootstrapping. Subscriptions stay. Senders that have it in hand are told to stop. It may be a
 * subscriber of whom nothing is known yet. Repeatable: a repetition completes what was cut off.
 * @param now ms since the epoch
 */
export async function blockSubscriber(store: KeyStore, impi: Impi, now: number): Promise<EndedAccess> {
  await enterInCatalogue(store, 'BLOCKED', impi, { blockedAt: { N: String(now) } });
  // First: nothing that is being written now is good any more, see `putAssociation`.
  const item = await updatedIf(store, subscriberKey(impi), {
    update: 'SET blockedAt = if_not_exists(blockedAt, :now), impi = :impi ADD version :one',
    values: { ':now': { N: String(now) }, ':impi': { S: impi }, ':one': { N: '1' } },
  });
  await putStop(store, { kind: 'subscriber-blocked', impi }, { now, id: uniqueId() });
  return endAccess(store, impi, item ?? {});
}

/** Lets a subscriber bootstrap and register again. @returns false when it was not blocked */
export async function unblockSubscriber(store: KeyStore, impi: Impi, now: number): Promise<boolean> {
  const isUnblocked = await updateIf(store, subscriberKey(impi), {
    update: 'REMOVE blockedAt ADD version :one',
    condition: 'attribute_exists(blockedAt)',
    values: { ':one': { N: '1' } },
  });
  await putStop(store, { kind: 'subscriber-unblocked', impi }, { now, id: uniqueId() });
  await strikeFromCatalogue(store, 'BLOCKED', impi);
  return isUnblocked;
}

/**
 * Deletes a subscriber with its subscriptions, registrations and associations. One that is blocked stays
 * blocked. Repeatable.
 * @returns undefined when nothing was known of it
 */
export async function deleteSubscriber(
  store: KeyStore,
  impi: Impi,
): Promise<(EndedAccess & { readonly subscriptions: readonly string[] }) | undefined> {
  const item = await getItem(store, subscriberKey(impi));
  if (item === undefined) return undefined;
  const ended = await endAccess(store, impi, item);
  if (item.blockedAt === undefined) await deleteItem(store, subscriberKey(impi));
  else
    await updateIf(store, subscriberKey(impi), {
      update: 'REMOVE subscribed ADD version :one',
      values: { ':one': { N: '1' } },
    });
  return { ...ended, subscriptions: [...textSetOf(item, 'subscribed')].sort() };
}

/** Blocked subscribers in the order of their IMPIs. */
export async function listBlocked(table: Table, options: ListOptions): Promise<Listed<Impi>> {
  const { entries, next } = await listCatalogue(table, 'BLOCKED', options);
  return { entries: entries.map((entry) => parseImpi(nameOfEntry(entry))), next };
}

/** Deletes the associations and registrations that a subscriber's item names, and then takes their names. */
async function endAccess(store: KeyStore, impi: Impi, item: Item): Promise<EndedAccess> {
  const current = item.currentBtid?.S;
  const btids = new Set([
    ...parsedSetOf(item, 'associations', parseBtid),
    ...(current === undefined ? [] : [parseBtid(current)]),
  ]);
  const registrations = [...textSetOf(item, 'registered')].sort();
  // A registration that is being made is named by its association, or by none yet: it needs a subscription.
  const associations = await batchGet(store, [...btids].map(associationKey));
  const named = [item, ...associations.values()].flatMap((each) => [...textSetOf(each, 'registered')]);
  const serviceIds = new Set([...named, ...textSetOf(item, 'subscribed')]);
  await Promise.all([...btids].map((btid) => deleteItem(store, associationKey(btid))));
  // Afterwards: what a request writes to its association first is not copied to a registration any more.
  await Promise.all([...serviceIds].map((serviceId) => deleteItem(store, registrationKey(serviceId, impi))));
  await updateIf(store, subscriberKey(impi), {
    update: 'REMOVE registered, associations, currentBtid, currentBootstrappedAt ADD version :one',
    values: { ':one': { N: '1' } },
  });
  return { associations: btids.size, registrations };
}

async function deleteItem({ dynamodb, tableName }: Table, key: ItemKey): Promise<void> {
  await dynamodb.send(new DeleteItemCommand({ TableName: tableName, Key: keyOf(key) }));
}

function uniqueId(): string {
  return randomBytes(8).toString('hex');
}
