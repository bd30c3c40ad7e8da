import { batches } from '../../batches.ts';
import type { KeyDomainId } from '../../keys/key-domain-id.ts';
import { NO_MSK } from '../../keys/msk-generation.ts';
import { CURRENT_KEY_NUMBER, formatKeyNumber } from '../../keys/msk-id.ts';
import { isInvalidation } from '../../keys/msk-validity.ts';
import { putIf, updateIf } from '../conditional-write.ts';
import { StoreError } from '../errors.ts';
import { keyGroupKey } from '../item-keys.ts';
import type { KeyStore } from '../key-store.ts';
import { batchGetSealed } from '../sealed-items.ts';
import { getItem, MAX_BATCH, type Table } from '../table.ts';
import {
  itemOfKeyGroup,
  type KeyGroup,
  type KeyGroupRef,
  type KeyGroupWith,
  keyGroupOfItem,
  liveMsks,
  replacedOf,
  type SealedMsk,
  type StoredMsk,
} from './key-group-item.ts';

const TRIES = 5;

/** Replacements that are remembered for each Key Group. */
const MAX_REPLACED = 32;

/** Finds one of the Key Groups that were read; undefined if it does not exist. */
export type FindKeyGroup = (keyDomainId: KeyDomainId, keyGroup: number) => KeyGroup | undefined;

/** Reads Key Groups, up to 100 different ones in each round trip. */
export async function loadKeyGroups(store: KeyStore, refs: readonly KeyGroupRef[]): Promise<FindKeyGroup> {
  const keys = new Map(
    refs.map((ref) => keyGroupKey(ref.keyDomainId, ref.keyGroup)).map((key) => [key.pk, key]),
  );
  const groups = new Map<string, KeyGroup>();
  for (const batch of batches([...keys.values()], MAX_BATCH)) {
    const found = await batchGetSealed(
      store,
      batch,
      (items, sealedKeyOf) =>
        new Map([...items].map(([pk, item]) => [pk, keyGroupOfItem(item, sealedKeyOf)])),
    );
    for (const [pk, group] of found) groups.set(pk, group);
  }
  return (keyDomainId, keyGroup) => groups.get(keyGroupKey(keyDomainId, keyGroup).pk);
}

/** One Key Group, or undefined. One round trip. */
export async function loadKeyGroup(store: KeyStore, ref: KeyGroupRef): Promise<KeyGroup | undefined> {
  return (await loadKeyGroups(store, [ref]))(ref.keyDomainId, ref.keyGroup);
}

/** The MSK of a Key Number, sealed; 0x0 is the current one. Undefined if there is none. */
export function findMsk(group: KeyGroup | undefined, keyNumber: number): SealedMsk | undefined {
  const number = keyNumber === CURRENT_KEY_NUMBER ? group?.currentKeyNumber : keyNumber;
  return number === undefined ? undefined : group?.msks.get(number);
}

/**
 * An MSK that was read, opened; `corrupt-item` when its attribute was changed or moved in the table. One with
 * an empty validity is revoked and opens to `NO_MSK`, also where the table still has its octets.
 */
export function openMsk({ sealed, keyNumber, validity }: SealedMsk): StoredMsk | 'corrupt-item' {
  try {
    const msk = isInvalidation(validity) ? NO_MSK : sealed.open();
    return { keyNumber, validity, msk };
  } catch (error) {
    if (error instanceof StoreError && error.code === 'corrupt-item') return 'corrupt-item';
    throw error;
  }
}

/** How an MSK is added. */
export interface PutMskOptions {
  /** Takes a Key Number that was given before: the UEs that were sent that MSK do not hold this one. */
  readonly replace?: boolean;
  /** ms since the epoch */
  readonly now?: number;
}

/**
 * Adds an MSK and makes it the current one; of the older ones only the last current one stays, and a rotation
 * under way is given up. With `replace`, an MSK of the same Key Number goes, and what the ledger knows of
 * its holders until `now` counts no longer. Repeatable: the same MSK again changes nothing.
 * @throws StoreError `invalid` for Key Number 0x0, `exists` for one that is not above the last one unless
 * `replace` is set; neither writes anything. `conflict` when others keep writing the same group,
 * `data-key-unavailable`
 */
export async function putMsk(
  store: KeyStore,
  ref: KeyGroupRef,
  msk: StoredMsk,
  { replace = false, now = Date.now() }: PutMskOptions = {},
): Promise<void> {
  if (msk.keyNumber === CURRENT_KEY_NUMBER) {
    throw new StoreError('invalid', 'Key Number 0x0 means "the current MSK" and is never the number of one');
  }
  await changeKeyGroup(store, ref, (group = emptyKeyGroup(ref)) => {
    if (isCurrent(group, msk)) return undefined;
    const last = Math.max(group.lastKeyNumber ?? 0, ...group.msks.keys());
    const isNew = msk.keyNumber > last;
    if (!isNew && !replace) throw new StoreError('exists', notAboveLast(msk.keyNumber, last));
    const others = [...group.msks.values()].filter(({ keyNumber }) => keyNumber !== msk.keyNumber);
    const previous = others.find(({ keyNumber }) => keyNumber === group.currentKeyNumber) ?? others.at(-1);
    return {
      ...group,
      ...liveMsks<ChangedMsk>(previous === undefined ? [msk] : [previous, msk]),
      currentKeyNumber: msk.keyNumber,
      lastKeyNumber: Math.max(last, msk.keyNumber),
      prepared: undefined,
      replaced: isNew ? group.replaced : latest(group.replaced, msk.keyNumber, now),
    };
  });
}

/** Whether this very MSK is the current one. */
function isCurrent(group: KeyGroup, { keyNumber, msk, validity }: StoredMsk): boolean {
  const current = group.currentKeyNumber === keyNumber ? group.msks.get(keyNumber) : undefined;
  if (current === undefined || current.validity.seql !== validity.seql) return false;
  const opened = openMsk(current);
  return opened !== 'corrupt-item' && opened.msk.equals(msk) && current.validity.sequ === validity.sequ;
}

function notAboveLast(keyNumber: number, last: number): string {
  const [given, before] = [formatKeyNumber(keyNumber), formatKeyNumber(last)];
  return `Key Number ${given} is not above ${before}, the last one given in this Key Group`;
}

/** The times of replacement with one more; the oldest of many goes. */
function latest(
  replaced: ReadonlyMap<number, number>,
  keyNumber: number,
  now: number,
): ReadonlyMap<number, number> {
  const others = [...replaced].filter(([other]) => other !== keyNumber);
  others.sort(([, one], [, other]) => one - other);
  return new Map([...others.slice(1 - MAX_REPLACED), [keyNumber, now]]);
}

/**
 * When an MSK was last replaced under its Key Number, ms since the epoch; undefined: never. Reads no key.
 */
export async function loadReplacedAt(
  table: Table,
  ref: KeyGroupRef,
  keyNumber: number,
): Promise<number | undefined> {
  const item = await getItem(table, keyGroupKey(ref.keyDomainId, ref.keyGroup));
  return item && replacedOf(item).get(keyNumber);
}

/** An MSK of a changed Key Group: one that was there, or a new one. */
export type ChangedMsk = SealedMsk | StoredMsk;

/**
 * Writes what `change` makes of a Key Group, on condition that nobody else has written it since it was read;
 * otherwise reads it again. `change` gets undefined for a Key Group that does not exist, and returns
 * undefined when there is nothing to write. The MSKs that stay are opened, and sealed anew under the current
 * data key.
 * @throws StoreError `corrupt-item` when an MSK that stays was changed or moved in the table, `conflict` when
 * others keep writing the same group, `data-key-unavailable`
 */
export async function changeKeyGroup(
  store: KeyStore,
  ref: KeyGroupRef,
  change: (group: KeyGroup | undefined) => KeyGroupWith<ChangedMsk> | undefined,
): Promise<void> {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const changed = change(await loadKeyGroup(store, ref));
    if (changed === undefined || (await replaceKeyGroup(store, opened(changed)))) return;
  }
  throw new StoreError('conflict', 'the Key Group is being written by others: try again');
}

/** Names a User Service in a Key Group, which is made if it does not exist. */
export async function addServiceToKeyGroup(
  store: KeyStore,
  ref: KeyGroupRef,
  serviceId: string,
): Promise<void> {
  await updateIf(store, keyGroupKey(ref.keyDomainId, ref.keyGroup), {
    update: 'ADD services :service, version :one SET keyDomainId = :keyDomainId, keyGroup = :keyGroup',
    values: {
      ':service': { SS: [serviceId] },
      ':one': { N: '1' },
      ':keyDomainId': { S: ref.keyDomainId },
      ':keyGroup': { N: String(ref.keyGroup) },
    },
  });
}

/** Undoes `addServiceToKeyGroup`. Repeatable. */
export async function removeServiceFromKeyGroup(
  store: KeyStore,
  ref: KeyGroupRef,
  serviceId: string,
): Promise<void> {
  await updateIf(store, keyGroupKey(ref.keyDomainId, ref.keyGroup), {
    update: 'DELETE services :service ADD version :one',
    condition: 'contains(services, :serviceId)',
    values: { ':service': { SS: [serviceId] }, ':serviceId': { S: serviceId }, ':one': { N: '1' } },
  });
}

function opened(group: KeyGroupWith<ChangedMsk>): KeyGroupWith<StoredMsk> {
  const msks = [...group.msks.values()].map((msk) =>
    'sealed' in msk ? { ...msk, msk: isInvalidation(msk.validity) ? NO_MSK : msk.sealed.open() } : msk,
  );
  return { ...group, ...liveMsks(msks) };
}

function emptyKeyGroup(ref: KeyGroupRef): KeyGroup {
  return {
    ...ref,
    services: new Set(),
    currentKeyNumber: undefined,
    msks: new Map(),
    prepared: undefined,
    lastKeyNumber: undefined,
    rotationRequests: [],
    replaced: new Map(),
    version: 0,
  };
}

/** False when somebody else has written the Key Group since it was read. */
async function replaceKeyGroup(store: KeyStore, group: KeyGroupWith<StoredMsk>): Promise<boolean> {
  const { version } = group;
  const seal = await store.dataKeys.sealer(group.msks.size);
  const item = itemOfKeyGroup({ ...group, version: version + 1 }, seal);
  return version === 0
    ? putIf(store, item, 'attribute_not_exists(pk)')
    : putIf(store, item, 'version = :version', { ':version': { N: String(version) } });
}
