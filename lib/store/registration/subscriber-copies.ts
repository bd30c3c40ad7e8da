import type { Btid } from '../../gba/btid.ts';
import { textSetAttribute } from '../attributes.ts';
import { updatedIf } from '../conditional-write.ts';
import { associationKey } from '../item-keys.ts';
import type { KeyStore } from '../key-store.ts';
import { batchGet, type Item } from '../table.ts';
import { RAISED_BY, RAISED_VERSION } from './delivery-copy.ts';

/** The User Services that a subscription allows, at one version of the subscriber. */
export interface SubscribedAt {
  readonly subscribed: ReadonlySet<string>;
  readonly version: number;
}

/** The same as attributes of an association. */
export function attributesOfSubscribed({ subscribed, version }: SubscribedAt): Item {
  return { ...textSetAttribute('subscribed', subscribed), subscribedVersion: { N: String(version) } };
}

/** What came of a change in several associations. */
export interface ChangedAssociations {
  /** The items of the changed ones, as they are then. */
  readonly changed: readonly Item[];
  /** The associations that are gone. */
  readonly gone: readonly Btid[];
}

/**
 * Copies a subscription to associations, except to those that have a later version: concurrent changes reach
 * an association in any order.
 */
export async function copySubscribed(
  store: KeyStore,
  btids: readonly Btid[],
  { subscribed, version }: SubscribedAt,
): Promise<ChangedAssociations> {
  const isEmpty = subscribed.size === 0;
  const { changed, refused } = await updateEach(btids, (btid) =>
    updatedIf(store, associationKey(btid), {
      update: isEmpty
        ? `SET subscribedVersion = :version REMOVE subscribed ADD ${RAISED_VERSION}`
        : `SET subscribedVersion = :version, subscribed = :subscribed ADD ${RAISED_VERSION}`,
      condition:
        'attribute_exists(pk) AND (attribute_not_exists(subscribedVersion) OR subscribedVersion < :version)',
      values: {
        ...RAISED_BY,
        ':version': { N: String(version) },
        ...(isEmpty ? {} : { ':subscribed': { SS: [...subscribed] } }),
      },
    }),
  );
  if (refused.length === 0) return { changed, gone: [] };
  const present = await batchGet(store, refused.map(associationKey));
  return { changed, gone: refused.filter((btid) => !present.has(associationKey(btid).pk)) };
}

/**
 * Adds or removes User Services in the registrations of associations.
 * @param isCopyDue whether nothing repeats the change if the copies that follow it fail
 */
export async function changeRegistered(
  store: KeyStore,
  btids: readonly Btid[],
  verb: 'ADD' | 'DELETE',
  serviceIds: readonly string[],
  { isCopyDue = false }: { readonly isCopyDue?: boolean } = {},
): Promise<ChangedAssociations> {
  const change =
    verb === 'ADD'
      ? `ADD registered :services, ${RAISED_VERSION}`
      : `DELETE registered :services ADD ${RAISED_VERSION}`;
  const { changed, refused } = await updateEach(btids, (btid) =>
    updatedIf(store, associationKey(btid), {
      update: isCopyDue ? `${change} SET copyDue = :due` : change,
      condition: 'attribute_exists(pk)',
      values: {
        ...RAISED_BY,
        ':services': { SS: [...serviceIds] },
        ...(isCopyDue && { ':due': { BOOL: true } }),
      },
    }),
  );
  return { changed, gone: refused };
}

async function updateEach(
  btids: readonly Btid[],
  update: (btid: Btid) => Promise<Item | undefined>,
): Promise<{ readonly changed: Item[]; readonly refused: Btid[] }> {
  const items = await Promise.all(btids.map(update));
  return {
    changed: items.filter((item) => item !== undefined),
    refused: btids.filter((_, index) => items[index] === undefined),
  };
}
