import type { Btid } from '../../gba/btid.ts';
import { textSetAttribute } from '../attributes.ts';
import { updateIf } from '../conditional-write.ts';
import { associationKey } from '../item-keys.ts';
import type { KeyStore } from '../key-store.ts';
import { batchGet, type Item } from '../table.ts';

/** The User Services that a subscription allows, at one version of the subscriber. */
export interface SubscribedAt {
  readonly subscribed: ReadonlySet<string>;
  readonly version: number;
}

/** The same as attributes of an association. */
export function attributesOfSubscribed({ subscribed, version }: SubscribedAt): Item {
  return { ...textSetAttribute('subscribed', subscribed), subscribedVersion: { N: String(version) } };
}

/**
 * Copies a subscription to associations, except to those that have a later version: concurrent changes reach
 * an association in any order.
 * @returns the associations that are gone
 */
export async function copySubscribed(
  store: KeyStore,
  btids: readonly Btid[],
  { subscribed, version }: SubscribedAt,
): Promise<readonly Btid[]> {
  const isEmpty = subscribed.size === 0;
  const refused = await refusedOf(btids, (btid) =>
    updateIf(store, associationKey(btid), {
      update: isEmpty
        ? 'SET subscribedVersion = :version REMOVE subscribed'
        : 'SET subscribedVersion = :version, subscribed = :subscribed',
      condition:
        'attribute_exists(pk) AND (attribute_not_exists(subscribedVersion) OR subscribedVersion < :version)',
      values: {
        ':version': { N: String(version) },
        ...(isEmpty ? {} : { ':subscribed': { SS: [...subscribed] } }),
      },
    }),
  );
  if (refused.length === 0) return [];
  const present = await batchGet(store, refused.map(associationKey));
  return refused.filter((btid) => !present.has(associationKey(btid).pk));
}

/**
 * Adds or removes User Services in the registrations of associations.
 * @returns the associations that are gone
 */
export function changeRegistered(
  store: KeyStore,
  btids: readonly Btid[],
  verb: 'ADD' | 'DELETE',
  serviceIds: readonly string[],
): Promise<readonly Btid[]> {
  return refusedOf(btids, (btid) =>
    updateIf(store, associationKey(btid), {
      update: `${verb} registered :services`,
      condition: 'attribute_exists(pk)',
      values: { ':services': { SS: [...serviceIds] } },
    }),
  );
}

async function refusedOf(
  btids: readonly Btid[],
  update: (btid: Btid) => Promise<boolean>,
): Promise<readonly Btid[]> {
  const done = await Promise.all(btids.map(update));
  return btids.filter((_, index) => done[index] === false);
}
