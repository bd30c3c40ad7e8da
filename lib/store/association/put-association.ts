import type { UeAddress } from '../../address/ue-address.ts';
import type { Btid } from '../../gba/btid.ts';
import type { Impi } from '../../gba/impi.ts';
import { HEAD_START_MS } from '../../gba/lifetime.ts';
import { optionalNumberOf, textSetOf } from '../attributes.ts';
import { updateIf } from '../conditional-write.ts';
import { StoreError } from '../errors.ts';
import { associationKey, subscriberKey } from '../item-keys.ts';
import type { KeyStore } from '../key-store.ts';
import { copyToRegistrations, removeCopies } from '../registration/delivery-copy.ts';
import { updateSubscriber } from '../registration/subscriber.ts';
import { attributesOfSubscribed } from '../registration/subscriber-copies.ts';
import { batchGetSealed } from '../sealed-items.ts';
import { batchGet, type Item } from '../table.ts';
import {
  associationOfItem,
  type BootstrappedKeys,
  itemOfNewAssociation,
  SEALS_OF_ASSOCIATION,
  type SealedAssociation,
  writeAssociation,
} from './association.ts';
import { boundAssociations, deleteDropped, MAX_ASSOCIATIONS } from './bounded-associations.ts';

/** How often `putAssociation` tries. */
const TRIES = 5;

/** How an association is stored. */
export interface PutAssociationOptions {
  /** Gives a B-TID that another subscriber has to this one. */
  readonly replace?: boolean;
  /** ms since the epoch */
  readonly now?: number;
}

/**
 * Stores a bootstrapped association with the subscriber's subscriptions and registrations. Repeatable: used
 * nonce counts stay used, and under the same MUK the earliest `bootstrappedAt` stays, from which the MIKEY
 * counter is counted: the UE refuses a counter that goes back (RFC 3830 §5.4). A second write adds the
 * association to the subscriber, on condition that the subscriber has not changed since it was read, so that
 * no concurrent subscription is missed. A subscriber has eight associations at most: expired ones leave its
 * item, and the earliest bootstrapped of too many live ones are deleted.
 * @throws StoreError `invalid` for a `bootstrappedAt` further ahead of `now` than the counter's head start,
 * `exists` for a B-TID of another subscriber unless `replace` is set; neither writes anything. `conflict`
 * when others keep writing the same subscriber, `blocked` for a blocked subscriber, `data-key-unavailable`
 */
export async function putAssociation(
  store: KeyStore,
  keys: BootstrappedKeys,
  ueAddress?: UeAddress,
  { replace = false, now = Date.now() }: PutAssociationOptions = {},
): Promise<void> {
  if (keys.bootstrappedAt > now + HEAD_START_MS)
    throw new StoreError('invalid', 'bootstrappedAt is more than 60 s ahead: is the clock right?');
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const { subscriber, stored } = await readBefore(store, keys);
    if (subscriber.blockedAt !== undefined) return await refuseBlocked(store, keys, stored);
    if (stored !== undefined && stored.association.impi !== keys.impi && !replace)
      throw new StoreError('exists', `B-TID ${keys.btid} is the association of another subscriber`);
    const former = stored?.association.impi;
    if (former !== undefined && former !== keys.impi) await removeFrom(store, former, keys.btid);
    const sets = {
      subscribed: textSetOf(subscriber, 'subscribed'),
      registered: textSetOf(subscriber, 'registered'),
    };
    const seal = await store.dataKeys.sealer(SEALS_OF_ASSOCIATION);
    const version = optionalNumberOf(subscriber, 'version');
    const copied = attributesOfSubscribed({ subscribed: sets.subscribed, version: version ?? 0 });
    const kept = { ...keys, bootstrappedAt: bootstrappedAtOf(keys, stored?.association) };
    const item = { ...itemOfNewAssociation(kept, sets, ueAddress, seal), ...copied };
    const written = await writeAssociation(store, item, stored?.item, now);
    if (written === undefined) continue;
    const others = { max: MAX_ASSOCIATIONS - 1, now, except: keys.btid };
    const { kept: keptOthers, dropped } = await boundAssociations(store, subscriber, others);
    const update = {
      update: 'SET associations = :btids, impi = :impi ADD version :one',
      values: {
        ':btids': { SS: [keys.btid, ...keptOthers] },
        ':one': { N: '1' },
        ':impi': { S: keys.impi },
      },
    };
    if (!(await updateSubscriber(store, keys.impi, update, version))) continue;
    await copyToRegistrations(store, written);
    await deleteDropped(store, dropped);
    return;
  }
  throw new StoreError('conflict', 'the subscriber is being written by others: try again');
}

/**
 * Refuses a blocked subscriber. Its association may stand there all the same, when it was blocked while this
 * was written.
 * @throws StoreError `blocked`
 */
async function refuseBlocked(
  store: KeyStore,
  { impi }: BootstrappedKeys,
  stored: StoredAssociation | undefined,
): Promise<never> {
  if (stored?.association.impi === impi) await deleteDropped(store, [stored.item]);
  throw new StoreError('blocked', `subscriber ${impi} is blocked: unblock it first`);
}

/** What stood there before: the item of the subscriber, and the association of this B-TID. One round trip. */
async function readBefore(
  store: KeyStore,
  { btid, impi }: BootstrappedKeys,
): Promise<{ subscriber: Item; stored: StoredAssociation | undefined }> {
  const [ofSubscriber, ofAssociation] = [subscriberKey(impi), associationKey(btid)];
  return batchGetSealed(store, [ofSubscriber, ofAssociation], (items, sealedKeyOf) => {
    const item = items.get(ofAssociation.pk);
    return {
      subscriber: items.get(ofSubscriber.pk) ?? {},
      stored: item && { item, association: associationOfItem(item, sealedKeyOf) },
    };
  });
}

/** A subscriber's changes no longer reach an association that it has lost, and no push uses its keys. */
async function removeFrom(store: KeyStore, impi: Impi, btid: Btid): Promise<void> {
  const subscriber = await updateSubscriber(store, impi, {
    update: 'DELETE associations :btid ADD version :one',
    values: { ':btid': { SS: [btid] }, ':one': { N: '1' } },
  });
  if (subscriber) await removeCopies(store, { impi, btid }, textSetOf(subscriber, 'registered'));
}

interface StoredAssociation {
  readonly item: Item;
  readonly association: SealedAssociation;
}

/**
 * The counter of a MUK is counted from its earliest bootstrapping. A stored MUK that does not open may be
 * the same: a counter too high does no harm.
 */
function bootstrappedAtOf(keys: BootstrappedKeys, stored: SealedAssociation | undefined): number {
  if (stored === undefined || !mayBeMukOf(stored, keys)) return keys.bootstrappedAt;
  return Math.min(stored.bootstrappedAt, keys.bootstrappedAt);
}

function mayBeMukOf(stored: SealedAssociation, { muk }: BootstrappedKeys): boolean {
  try {
    return stored.muk.open().equals(muk);
  } catch (error) {
    if (error instanceof StoreError && error.code === 'corrupt-item') return true;
    throw error;
  }
}

/**
 * Makes `btid` the association that pushes use, unless a later bootstrapped one already is.
 * @returns false, and changes nothing, when the subscriber is blocked
 */
export async function setCurrentAssociation(
  store: KeyStore,
  keys: Pick<BootstrappedKeys, 'btid' | 'impi' | 'bootstrappedAt'>,
): Promise<boolean> {
  const isSet = await updateIf(store, subscriberKey(keys.impi), {
    update:
      'SET currentBtid = :btid, currentBootstrappedAt = :at, impi = :impi ADD version :one, associations :btids',
    condition:
      'attribute_not_exists(blockedAt) AND (attribute_not_exists(currentBootstrappedAt) OR currentBootstrappedAt <= :at)',
    values: {
      ':btid': { S: keys.btid },
      ':btids': { SS: [keys.btid] },
      ':at': { N: String(keys.bootstrappedAt) },
      ':impi': { S: keys.impi },
      ':one': { N: '1' },
    },
  });
  return isSet || !(await isBlocked(store, keys.impi));
}

async function isBlocked(store: KeyStore, impi: Impi): Promise<boolean> {
  const key = subscriberKey(impi);
  return (await batchGet(store, [key])).get(key.pk)?.blockedAt !== undefined;
}
