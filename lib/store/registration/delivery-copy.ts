import type { Btid } from '../../gba/btid.ts';
import { type Impi, parseImpi } from '../../gba/impi.ts';
import type { DeliveryAssociation } from '../association/delivery-association.ts';
import { keyOfItem, numberOf, octetsOf, parsedOf, textSetOf } from '../attributes.ts';
import { type ItemUpdate, updateIf } from '../conditional-write.ts';
import { locationOf } from '../encryption/sealed-batch.ts';
import { dataKeyIdOf } from '../encryption/sealed-octets.ts';
import { StoreError } from '../errors.ts';
import { registrationKey } from '../item-keys.ts';
import type { Item, Table } from '../table.ts';

/*
 * A registration's item holds a copy of what a delivery needs of the UE's current association, so that a push
 * reads pages of registrations and no associations. Every write of an association that changes any of it
 * raises the association's `deliveryVersion`, and returns the item as it is then; its writer copies that
 * item. A copy never replaces a later one. Whoever makes a registration writes its item, without a copy,
 * before it reads the association: a change that the read misses finds the item. An item without a copy, as
 * earlier releases wrote it, costs a read of the association. `copyDue` in an association says that copies of
 * it may be missing: the UE's next request makes them (docs/adr/0012-a-push-reads-pages.md).
 */

/** Attributes of a copy that are those of the association, with the same names. */
const COPIED = ['muk', 'expiresAt', 'ueAddress', 'uePort'] as const;

/** Attributes of a copy that are its own. */
const OWN = ['copyVersion', 'isSubscribed', 'alsoOf'] as const;

/** What raises the `deliveryVersion` of an association: part of an `ADD` clause, and its value. */
export const RAISED_VERSION = 'deliveryVersion :one';
export const RAISED_BY: Item = { ':one': { N: '1' } };

/** The registration exists, has no later copy of the association, and none of a later bootstrapped one. */
const NO_LATER_COPY =
  'attribute_exists(pk) AND (' +
  '(btid = :btid AND (attribute_not_exists(copyVersion) OR copyVersion < :copyVersion)) OR ' +
  '(btid <> :btid AND (attribute_not_exists(bootstrappedAt) OR bootstrappedAt <= :bootstrappedAt)))';

/**
 * Copies an association to the registrations of its UE, unless it is not the one that pushes use, or they
 * have a later copy. One write for each User Service that the UE is registered to, and one more when the
 * copies were due.
 * @param association the item as the write that changed it returned it
 */
export async function copyToRegistrations(table: Table, association: Item): Promise<void> {
  if (association.isCurrent?.BOOL !== true) return;
  const impi = parsedOf(association, 'impi', parseImpi);
  const registered = textSetOf(association, 'registered');
  const writes = [...registered].map((serviceId) =>
    updateIf(table, registrationKey(serviceId, impi), updateOf(association, serviceId)),
  );
  await Promise.all(writes);
  if (association.copyDue !== undefined) await noteCopied(table, association);
}

/** Copies are due no more, unless the association was changed since: that change copies it. */
async function noteCopied(table: Table, association: Item): Promise<void> {
  const { deliveryVersion } = association;
  await updateIf(table, keyOfItem(association), {
    update: 'REMOVE copyDue',
    condition: deliveryVersion ? 'deliveryVersion = :version' : 'attribute_not_exists(deliveryVersion)',
    ...(deliveryVersion && { values: { ':version': deliveryVersion } }),
  });
}

/** The item of the current association that was bootstrapped last; undefined where none is current. */
export function currentOf(associations: readonly Item[]): Item | undefined {
  const current = associations.filter(({ isCurrent }) => isCurrent?.BOOL === true);
  const times = current.map((item) => numberOf(item, 'bootstrappedAt'));
  return current[times.indexOf(Math.max(...times))];
}

/**
 * Removes the copies of an association that its subscriber has lost: the keys of a UE must not be used for
 * another subscriber's.
 */
export async function removeCopies(
  table: Table,
  { impi, btid }: { readonly impi: Impi; readonly btid: Btid },
  serviceIds: Iterable<string>,
): Promise<void> {
  const update = {
    update: `REMOVE ${[...COPIED, ...OWN].join(', ')}`,
    condition: 'attribute_exists(pk) AND btid = :btid',
    values: { ':btid': { S: btid } },
  };
  const removals = [...serviceIds].map((serviceId) =>
    updateIf(table, registrationKey(serviceId, impi), update),
  );
  await Promise.all(removals);
}

function updateOf(association: Item, serviceId: string): ItemUpdate {
  const attributes = attributesOf(association, serviceId);
  const present = Object.keys(attributes);
  const absent = [...COPIED, ...OWN].filter((name) => attributes[name] === undefined);
  const values = Object.fromEntries(present.map((name) => [`:${name}`, attributes[name] ?? { NULL: true }]));
  const set = present.map((name) => `${name} = :${name}`).join(', ');
  return {
    update: `SET ${set}${absent.length === 0 ? '' : ` REMOVE ${absent.join(', ')}`}`,
    condition: NO_LATER_COPY,
    values,
  };
}

/** The attributes of a registration's item that come from the association. */
export function attributesOf(association: Item, serviceId: string): Item {
  const subscribed = textSetOf(association, 'subscribed');
  const registered = textSetOf(association, 'registered');
  const others = [...registered].filter((id) => id !== serviceId && subscribed.has(id));
  const { btid, bootstrappedAt, deliveryVersion } = association;
  return {
    ...(btid && { btid }),
    ...(bootstrappedAt && { bootstrappedAt }),
    ...Object.fromEntries(COPIED.flatMap((name) => (association[name] ? [[name, association[name]]] : []))),
    copyVersion: deliveryVersion ?? { N: '0' },
    isSubscribed: { BOOL: subscribed.has(serviceId) },
    ...(others.length > 0 && { alsoOf: { SS: others } }),
  };
}

/** For errors that nobody reads. */
const NO_LOCATION = locationOf({ pkStart: '', sk: '', path: 'muk' }, '');

const NONE: readonly string[] = [];

/**
 * The copy in a registration's item, as a delivery needs it: of User Services, those that the UE is
 * registered and subscribed to. undefined: there is none, or none that can be read, and the association has
 * to be.
 */
export function copyOfItem(
  item: Item,
  { impi, btid }: { readonly impi: Impi; readonly btid: Btid },
  serviceId: string,
): DeliveryAssociation | undefined {
  if (item.copyVersion === undefined || item.muk === undefined) return undefined;
  try {
    const alsoOf = item.alsoOf?.SS ?? NONE;
    const services = item.isSubscribed?.BOOL === true ? [serviceId, ...alsoOf] : alsoOf;
    const address = item.ueAddress?.S;
    const port = item.uePort?.N;
    const sealedMuk = octetsOf(item, 'muk');
    return {
      impi,
      btid,
      bootstrappedAt: numberOf(item, 'bootstrappedAt'),
      expiresAt: numberOf(item, 'expiresAt'),
      subscribed: services,
      registered: services,
      ueAddress: address === undefined || port === undefined ? undefined : { address, port: Number(port) },
      lastPullId: undefined,
      sealedMuk,
      dataKeyId: dataKeyIdOf(sealedMuk, NO_LOCATION),
    };
  } catch (error) {
    if (error instanceof StoreError && error.code === 'corrupt-item') return undefined;
    throw error;
  }
}
