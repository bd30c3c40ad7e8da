import type { UeAddress } from '../../address/ue-address.ts';
import { optionalNumberOf, textSetOf } from '../attributes.ts';
import { updateIf } from '../conditional-write.ts';
import { StoreError } from '../errors.ts';
import { subscriberKey } from '../item-keys.ts';
import type { KeyStore } from '../key-store.ts';
import { updateSubscriber } from '../registration/subscriber.ts';
import { attributesOfSubscribed } from '../registration/subscriber-copies.ts';
import { batchGet } from '../table.ts';
import {
  type BootstrappedKeys,
  itemOfNewAssociation,
  SEALS_OF_ASSOCIATION,
  writeAssociation,
} from './association.ts';

/** How often `putAssociation` tries. */
const TRIES = 5;

/**
 * Stores a bootstrapped association with the subscriber's subscriptions and registrations. Repeatable: used
 * nonce counts stay used. A second write adds the association to the subscriber, on condition that the
 * subscriber has not changed since it was read, so that no concurrent subscription is missed.
 * @throws StoreError `conflict` when others keep writing the same subscriber, `data-key-unavailable`
 */
export async function putAssociation(
  store: KeyStore,
  keys: BootstrappedKeys,
  ueAddress?: UeAddress,
): Promise<void> {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const key = subscriberKey(keys.impi);
    const item = (await batchGet(store, [key])).get(key.pk);
    const sets = {
      subscribed: textSetOf(item ?? {}, 'subscribed'),
      registered: textSetOf(item ?? {}, 'registered'),
    };
    const seal = await store.dataKeys.sealer(SEALS_OF_ASSOCIATION);
    const version = optionalNumberOf(item ?? {}, 'version');
    const copied = attributesOfSubscribed({ subscribed: sets.subscribed, version: version ?? 0 });
    await writeAssociation(store, { ...itemOfNewAssociation(keys, sets, ueAddress, seal), ...copied });
    const update = {
      update: 'ADD associations :btid, version :one SET impi = :impi',
      values: { ':btid': { SS: [keys.btid] }, ':one': { N: '1' }, ':impi': { S: keys.impi } },
    };
    if (await updateSubscriber(store, keys.impi, update, version)) return;
  }
  throw new StoreError('conflict', 'the subscriber is being written by others: try again');
}

/** Makes `btid` the association that pushes use, unless a later bootstrapped one already is. */
export async function setCurrentAssociation(
  store: KeyStore,
  keys: Pick<BootstrappedKeys, 'btid' | 'impi' | 'bootstrappedAt'>,
): Promise<void> {
  await updateIf(store, subscriberKey(keys.impi), {
    update:
      'SET currentBtid = :btid, currentBootstrappedAt = :at, impi = :impi ADD version :one, associations :btids',
    condition: 'attribute_not_exists(currentBootstrappedAt) OR currentBootstrappedAt <= :at',
    values: {
      ':btid': { S: keys.btid },
      ':btids': { SS: [keys.btid] },
      ':at': { N: String(keys.bootstrappedAt) },
      ':impi': { S: keys.impi },
      ':one': { N: '1' },
    },
  });
}
