import { batches } from '../../batches.ts';
import type { KeyDomainId } from '../../keys/key-domain-id.ts';
import { NO_MSK } from '../../keys/msk-generation.ts';
import { CURRENT_KEY_NUMBER, formatKeyNumber } from '../../keys/msk-id.ts';
import { isInvalidation } from '../../keys/msk-validity.ts';
import {
  enterInCatalogue,
  type Listed,
  type ListOptions,
  listCatalogue,
  nameOfEntry,
  strikeFromCatalogue,
} from '../catalogue.ts';
import { putIf, updateIf } from '../conditional-write.ts';
import { StoreError } from '../errors.ts';
import { keyGroupKey } from '../item-keys.ts';
import type { KeyStore } from '../key-store.ts';
import { batchGetSealed, closedKeyOf } from '../sealed-items.ts';
import { batchGet, getItem, MAX_BATCH, type Table } from '../table.ts';
import { deleteAllImportedMtks, deleteImportedMtks } from './imported-mtk.ts';
import {
  formatKeyGroupRef,
  itemOfKeyGroup,
  type KeyGroup,
  type KeyGroupRef,
  type KeyGroupWith,
  keyGroupOfItem,
  liveMsks,
  parseKeyGroupRef,
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
  const find = await loadStoredKeyGroups(store, refs);
  return (keyDomainId, keyGroup) => unlessDeleted(find(keyDomainId, keyGroup));
}

/** The same with those that were deleted. */
async function loadStoredKeyGroups(store: KeyStore, refs: readonly KeyGroupRef[]): Promise<FindKeyGroup> {
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

function unlessDeleted(group: KeyGroup | undefined): KeyGroup | undefined {
  return group?.deletedAt === undefined ? group : undefined;
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
  await changeKeyGroup(store, ref, (_, group) => {
    if (isCurrent(group, msk)) return undefined;
    if (group.isForeign === true)
      throw new StoreError(
        'invalid',
        'the MSKs of this Key Group are made by another network: see "bmsc import msk"',
      );
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
 * otherwise reads it again. `change` gets undefined for a Key Group that does not exist, and beside it an
 * empty one, with what a deleted one has left; it returns undefined when there is nothing to write. The MSKs
 * that stay are opened, and sealed anew under the current data key.
 * @throws StoreError `corrupt-item` when an MSK that stays was changed or moved in the table, `conflict` when
 * others keep writing the same group, `data-key-unavailable`
 */
export async function changeKeyGroup(
  store: KeyStore,
  ref: KeyGroupRef,
  change: (group: KeyGroup | undefined, orEmpty: KeyGroup) => KeyGroupWith<ChangedMsk> | undefined,
): Promise<void> {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const stored = (await loadStoredKeyGroups(store, [ref]))(ref.keyDomainId, ref.keyGroup);
    const orEmpty = { ...(stored ?? emptyKeyGroup(ref)), deletedAt: undefined };
    const changed = change(unlessDeleted(stored), orEmpty);
    if (changed === undefined) return;
    if (await replaceKeyGroup(store, opened(changed), unlessDeleted(stored))) {
      await deleteImportedMtks(store, ref, goneFrom(unlessDeleted(stored), changed));
      return;
    }
  }
  throw new StoreError('conflict', 'the Key Group is being written by others: try again');
}

/** The Key Numbers of MSKs of another network that a change took away, or revoked. */
function goneFrom(before: KeyGroup | undefined, changed: KeyGroupWith<ChangedMsk>): readonly number[] {
  if (before?.isForeign !== true) return [];
  return [...before.msks.keys()].filter((keyNumber) => {
    const left = changed.msks.get(keyNumber);
    return left === undefined || isInvalidation(left.validity);
  });
}

/** Names a User Service in a Key Group, which is made if it does not exist. */
export async function addServiceToKeyGroup(
  store: KeyStore,
  ref: KeyGroupRef,
  serviceId: string,
): Promise<void> {
  await enterInCatalogue(store, 'KEY-GROUPS', formatKeyGroupRef(ref));
  await updateIf(store, keyGroupKey(ref.keyDomainId, ref.keyGroup), {
    update:
      'ADD services :service, version :one SET keyDomainId = :keyDomainId, keyGroup = :keyGroup REMOVE deletedAt',
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

/**
 * Deletes a Key Group with its MSKs and the MTKs that were imported; UEs keep those that they hold. What
 * stays is the last Key Number, so that a Key Group of the same ID begins above it. User Services that name
 * it are not changed: see `takeKeyGroupFromService`. `now` is ms since the epoch.
 * @returns what it was; undefined: there was none
 * @throws StoreError `conflict`
 */
export async function deleteKeyGroup(
  store: KeyStore,
  ref: KeyGroupRef,
  now: number,
): Promise<KeyGroup | undefined> {
  let deleted: KeyGroup | undefined;
  await changeKeyGroup(store, ref, (group) => {
    deleted = group;
    if (group === undefined) return undefined;
    const lastKeyNumber = Math.max(group.lastKeyNumber ?? 0, ...group.msks.keys());
    const { replaced, version } = group;
    return {
      ...emptyKeyGroup(ref),
      ...(lastKeyNumber > 0 && { lastKeyNumber }),
      replaced,
      version,
      deletedAt: now,
    };
  });
  await deleteAllImportedMtks(store, ref);
  await strikeFromCatalogue(store, 'KEY-GROUPS', formatKeyGroupRef(ref));
  return deleted;
}

/** Key Groups in the order of their IDs. Their MSKs stay sealed: KMS is not asked. */
export async function listKeyGroups(table: Table, options: ListOptions): Promise<Listed<KeyGroup>> {
  const { entries, next } = await listCatalogue(table, 'KEY-GROUPS', options);
  const refs = entries.map((entry) => parseKeyGroupRef(nameOfEntry(entry)));
  const found = await loadKeyGroupsClosed(table, refs);
  return { entries: found, next };
}

/** Key Groups, each once, without those that do not exist; no key of them opens. */
export async function loadKeyGroupsClosed(
  table: Table,
  refs: readonly KeyGroupRef[],
): Promise<readonly KeyGroup[]> {
  const keys = new Map(
    refs.map((ref) => keyGroupKey(ref.keyDomainId, ref.keyGroup)).map((key) => [key.pk, key]),
  );
  const found: KeyGroup[] = [];
  for (const batch of batches([...keys.values()], MAX_BATCH)) {
    const items = await batchGet(table, batch);
    for (const { pk } of batch) {
      const item = items.get(pk);
      const group = unlessDeleted(item && keyGroupOfItem(item, closedKeyOf));
      if (group !== undefined) found.push(group);
    }
  }
  return found;
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

/** False when somebody else has written the Key Group since it was read as `before`. */
async function replaceKeyGroup(
  store: KeyStore,
  group: KeyGroupWith<StoredMsk>,
  before: KeyGroup | undefined,
): Promise<boolean> {
  const { version } = group;
  const seal = await store.dataKeys.sealer(group.msks.size);
  if (before === undefined) await enterInCatalogue(store, 'KEY-GROUPS', formatKeyGroupRef(group));
  const item = itemOfKeyGroup({ ...group, version: version + 1 }, seal);
  return version === 0
    ? putIf(store, item, 'attribute_not_exists(pk)')
    : putIf(store, item, 'version = :version', { ':version': { N: String(version) } });
}
