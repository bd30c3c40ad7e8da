import { ConditionalCheckFailedException, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import type { UeAddress } from '../../address/ue-address.ts';
import { type Btid, parseBtid } from '../../gba/btid.ts';
import { type Impi, parseImpi } from '../../gba/impi.ts';
import {
  type BootstrappedKeys,
  itemOfNewAssociation,
  SEALS_OF_ASSOCIATION,
  writeAssociation,
} from '../association/association.ts';
import { numberOf, optionalNumberOf, textOf, textSetOf } from '../attributes.ts';
import { StoreError } from '../errors.ts';
import { subscriberKey } from '../item-keys.ts';
import type { KeyStore } from '../key-store.ts';
import { batchGet, type Item, keyOf } from '../table.ts';
import { attributesOfSubscribed, changeRegistered, copySubscribed } from './subscriber-copies.ts';

/** What is known of a subscriber whatever the association: the truth that associations copy. */
export interface Subscriber {
  readonly impi: Impi;
  readonly subscribed: ReadonlySet<string>;
  readonly registered: ReadonlySet<string>;
  readonly associations: ReadonlySet<Btid>;
  /** The association of the last authenticated request; undefined before the first. */
  readonly currentBtid: Btid | undefined;
}

const TRIES = 5;

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
 * Stores a bootstrapped association with the subscriber's subscriptions and registrations. Repeatable: nonce counts
 * that it has used stay used. The subscriber learns of it in a second write, on condition that nothing changed in between, so that a
 * subscription made at the same moment is never missed.
 * @throws StoreError `conflict` when others keep writing the same subscriber, `data-key-unavailable`
 */
export async function putAssociation(
  store: KeyStore,
  keys: BootstrappedKeys,
  ueAddress?: UeAddress,
): Promise<void> {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const item = (await batchGet(store, [subscriberKey(keys.impi)])).get(subscriberKey(keys.impi).pk);
    const sets = {
      subscribed: textSetOf(item ?? {}, 'subscribed'),
      registered: textSetOf(item ?? {}, 'registered'),
    };
    const seal = await store.dataKeys.sealer(SEALS_OF_ASSOCIATION);
    const version = optionalNumberOf(item ?? {}, 'version');
    const copied = attributesOfSubscribed({ subscribed: sets.subscribed, version: version ?? 0 });
    await writeAssociation(store, { ...itemOfNewAssociation(keys, sets, ueAddress, seal), ...copied });
    const update = {
      expression: 'ADD associations :btid, version :one SET impi = :impi',
      values: { ':btid': { SS: [keys.btid] }, ':one': { N: '1' }, ':impi': { S: keys.impi } },
    };
    if (await updateSubscriber(store, keys.impi, update, version)) return;
  }
  throw new StoreError('conflict', 'the subscriber is being written by others: try again');
}

/** Allows a subscriber a User Service: what the Membership function says. Repeatable. */
export async function putSubscription(store: KeyStore, impi: Impi, serviceId: string): Promise<void> {
  await changeSubscription(store, impi, 'ADD', serviceId);
}

/** Takes a User Service from a subscriber; MSKs that the UE holds stay with it until they are updated. */
export async function deleteSubscription(store: KeyStore, impi: Impi, serviceId: string): Promise<void> {
  await changeSubscription(store, impi, 'DELETE', serviceId);
}

/** Makes `btid` the association that pushes use, unless a later bootstrapped one already is. */
export async function setCurrentAssociation(
  store: KeyStore,
  keys: Pick<BootstrappedKeys, 'btid' | 'impi' | 'bootstrappedAt'>,
): Promise<void> {
  try {
    await store.dynamodb.send(
      new UpdateItemCommand({
        TableName: store.tableName,
        Key: keyOf(subscriberKey(keys.impi)),
        UpdateExpression:
          'SET currentBtid = :btid, currentBootstrappedAt = :at, impi = :impi ADD version :one, associations :btids',
        ConditionExpression: 'attribute_not_exists(currentBootstrappedAt) OR currentBootstrappedAt <= :at',
        ExpressionAttributeValues: {
          ':btid': { S: keys.btid },
          ':btids': { SS: [keys.btid] },
          ':at': { N: String(keys.bootstrappedAt) },
          ':impi': { S: keys.impi },
          ':one': { N: '1' },
        },
      }),
    );
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
  }
}

/**
 * Adds or removes User Services in the subscriber's registrations and in its associations, all but the one of
 * `except`, which has the change already or gets it later.
 */
export async function changeRegistrations(
  store: KeyStore,
  { impi, except }: { readonly impi: Impi; readonly except?: Btid | undefined },
  verb: 'ADD' | 'DELETE',
  serviceIds: readonly string[],
): Promise<void> {
  const item = await updateSubscriber(store, impi, setChange(impi, verb, 'registered', serviceIds));
  if (item === false) return;
  const others = associationsOf(item).filter((btid) => btid !== except);
  await forget(store, impi, item, await changeRegistered(store, others, verb, serviceIds));
}

async function changeSubscription(
  store: KeyStore,
  impi: Impi,
  verb: 'ADD' | 'DELETE',
  serviceId: string,
): Promise<void> {
  const item = await updateSubscriber(store, impi, setChange(impi, verb, 'subscribed', [serviceId]));
  if (item === false) return;
  const subscription = { subscribed: textSetOf(item, 'subscribed'), version: numberOf(item, 'version') };
  await forget(store, impi, item, await copySubscribed(store, associationsOf(item), subscription));
}

/** Takes associations that TTL has deleted from a subscriber, unless it was written meanwhile: one may have come again. */
async function forget(store: KeyStore, impi: Impi, item: Item, gone: readonly Btid[]): Promise<void> {
  if (gone.length === 0) return;
  const update = { expression: 'DELETE associations :gone', values: { ':gone': { SS: [...gone] } } };
  await updateSubscriber(store, impi, update, numberOf(item, 'version'));
}

function associationsOf(item: Item): readonly Btid[] {
  return [...textSetOf(item, 'associations')].map(parseBtid);
}

interface SubscriberUpdate {
  readonly expression: string;
  readonly values: Item;
}

function setChange(
  impi: Impi,
  verb: 'ADD' | 'DELETE',
  set: string,
  serviceIds: readonly string[],
): SubscriberUpdate {
  const values = { ':services': { SS: [...serviceIds] }, ':one': { N: '1' }, ':impi': { S: impi } };
  const expression =
    verb === 'ADD'
      ? `ADD ${set} :services, version :one SET impi = :impi`
      : `DELETE ${set} :services ADD version :one SET impi = :impi`;
  return { expression, values };
}

/** Returns the item as it is afterwards, or false when the expected version is gone. */
async function updateSubscriber(
  store: KeyStore,
  impi: Impi,
  { expression, values }: SubscriberUpdate,
  ...expected: [] | [number | undefined]
): Promise<Item | false> {
  const [version] = expected;
  const condition =
    expected.length === 0
      ? {}
      : {
          ConditionExpression: version === undefined ? 'attribute_not_exists(version)' : 'version = :version',
        };
  try {
    const { Attributes = {} } = await store.dynamodb.send(
      new UpdateItemCommand({
        TableName: store.tableName,
        Key: keyOf(subscriberKey(impi)),
        UpdateExpression: expression,
        ...condition,
        ExpressionAttributeValues:
          version === undefined ? values : { ...values, ':version': { N: String(version) } },
        ReturnValues: 'ALL_NEW',
      }),
    );
    return Attributes;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}

function subscriberOfItem(item: Item): Subscriber {
  const current = item.currentBtid?.S;
  return {
    impi: parseImpi(textOf(item, 'impi')),
    subscribed: textSetOf(item, 'subscribed'),
    registered: textSetOf(item, 'registered'),
    associations: new Set(associationsOf(item)),
    currentBtid: current === undefined ? undefined : parseBtid(current),
  };
}
