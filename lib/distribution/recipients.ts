import type { Btid } from '../gba/btid.ts';
import type { Impi } from '../gba/impi.ts';
import { type Association, loadAssociations } from '../store/association.ts';
import { findMsk, type KeyGroup, loadKeyGroups } from '../store/key-group.ts';
import { type KeyStore, MAX_BATCH } from '../store/key-store.ts';
import { loadSubscribers } from '../store/subscriber.ts';
import { DeliveryError } from './errors.ts';
import type { WorkItem } from './work.ts';

/** A work item with all that its message needs. */
export interface Recipient {
  readonly item: WorkItem;
  readonly association: Association;
  readonly keyGroup: KeyGroup;
}

/** A work item that can't be served, and why. */
export interface Unserved {
  readonly item: WorkItem;
  readonly error: DeliveryError;
}

/** Reads what the items need in batches of up to 100, and checks that each UE may have what it is to get. */
export async function findRecipients(
  store: KeyStore,
  items: readonly WorkItem[],
  now: number,
): Promise<{ recipients: Recipient[]; unserved: Unserved[] }> {
  const btids = await findBtids(store, items);
  const associations = await inBatches(unique([...btids.values()]), (batch) =>
    loadAssociations(store, batch),
  );
  const groups = await loadKeyGroups(
    store,
    items.map(({ keyDomainId, mskId: { keyGroup } }) => ({ keyDomainId, keyGroup })),
  );
  const recipients: Recipient[] = [];
  const unserved: Unserved[] = [];
  for (const item of items) {
    const btid = btids.get(item);
    const association = btid && associations.get(btid);
    const keyGroup = groups(item.keyDomainId, item.mskId.keyGroup);
    const error = whyNot(item, association, keyGroup, now);
    if (error !== undefined) unserved.push({ item, error });
    else if (association !== undefined && keyGroup !== undefined)
      recipients.push({ item, association, keyGroup });
  }
  return { recipients, unserved };
}

async function findBtids(store: KeyStore, items: readonly WorkItem[]): Promise<ReadonlyMap<WorkItem, Btid>> {
  const impis = unique(items.filter(({ btid }) => btid === undefined).map(({ impi }) => impi));
  const subscribers = await inBatches(impis, (batch: readonly Impi[]) => loadSubscribers(store, batch));
  const found = new Map<WorkItem, Btid>();
  for (const item of items) {
    const btid = item.btid ?? subscribers.get(item.impi)?.currentBtid;
    if (btid !== undefined) found.set(item, btid);
  }
  return found;
}

/**
 * An MSK never goes out under an expired MUK; a solicited pull may (TS 33.246 §6.3.2.2.4 NOTE 1). Either
 * goes only to a UE that is registered to, and subscribed to, a User Service of the Key Group now.
 */
function whyNot(
  item: WorkItem,
  association: Association | undefined,
  keyGroup: KeyGroup | undefined,
  now: number,
): DeliveryError | undefined {
  if (association === undefined || association.impi !== item.impi) {
    return new DeliveryError('unknown-ue', 'no association of this UE has made an authenticated request');
  }
  if (
    keyGroup === undefined ||
    (item.kind === 'msk' && findMsk(keyGroup, item.mskId.keyNumber) === undefined)
  ) {
    return new DeliveryError('unknown-msk', 'there is no such MSK');
  }
  const { registered, subscribed } = association;
  if (![...keyGroup.services].some((service) => registered.has(service) && subscribed.has(service))) {
    return new DeliveryError('not-registered', 'the UE is registered to no User Service that uses this MSK');
  }
  if (item.kind === 'msk' && association.expiresAt <= now) {
    return new DeliveryError(
      'expired-association',
      'the key lifetime of the association is over: solicit a pull',
    );
  }
  if (association.ueAddress === undefined) {
    return new DeliveryError('no-address', 'the UE has not been heard of under this association');
  }
  return undefined;
}

async function inBatches<Key, Value>(
  keys: readonly Key[],
  load: (batch: readonly Key[]) => Promise<ReadonlyMap<Key, Value>>,
): Promise<ReadonlyMap<Key, Value>> {
  const found = new Map<Key, Value>();
  for (let start = 0; start < keys.length; start += MAX_BATCH) {
    for (const [key, value] of await load(keys.slice(start, start + MAX_BATCH))) found.set(key, value);
  }
  return found;
}

function unique<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}
