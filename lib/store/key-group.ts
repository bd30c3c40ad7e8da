import {
  type AttributeValue,
  ConditionalCheckFailedException,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { type KeyDomainId, parseKeyDomainId } from '../keys/key-domain-id.ts';
import { CURRENT_KEY_NUMBER } from '../keys/msk-id.ts';
import type { MskValidity } from '../keys/msk-validity.ts';
import type { SecretKey } from '../keys/secret-key.ts';
import { keyOfItem, numberOf, optionalNumberOf, textOf, textSetAttribute, textSetOf } from './attributes.ts';
import type { Seal } from './data-keys.ts';
import { StoreError } from './errors.ts';
import { keyGroupKey } from './item-keys.ts';
import { type Item, type ItemKey, type KeyStore, keyOf } from './key-store.ts';
import { batchGetSealed, type Unseal } from './sealed-items.ts';
import type { AttributePlace } from './sealed-octets.ts';
import type { KeyGroupRef } from './user-service.ts';

/**
 * An MSK of a Key Group: 16 octets, and the MTK IDs it may protect. As it comes from the table, `msk` is opened
 * when it is first used, and throws StoreError `corrupt-item` if it was changed.
 */
export interface StoredMsk {
  readonly keyNumber: number;
  readonly msk: SecretKey;
  readonly validity: MskValidity;
}

/** The live MSKs of a Key Group: at most two, as a USIM keeps (TS 31.102 EF_MSK). */
export interface KeyGroup extends KeyGroupRef {
  readonly keyDomainId: KeyDomainId;
  /** User Services that use these MSKs. */
  readonly services: ReadonlySet<string>;
  /** The Key Number that 0x0 stands for in a request; undefined before the first MSK. */
  readonly currentKeyNumber: number | undefined;
  readonly msks: ReadonlyMap<number, StoredMsk>;
  /** Grows with each write; 0 for a Key Group that is not stored yet. */
  readonly version: number;
}

const TRIES = 5;

/** Finds one of the Key Groups that were read; undefined if it does not exist. */
export type FindKeyGroup = (keyDomainId: KeyDomainId, keyGroup: number) => KeyGroup | undefined;

/** Reads up to 100 different Key Groups in one round trip. */
export async function loadKeyGroups(store: KeyStore, refs: readonly KeyGroupRef[]): Promise<FindKeyGroup> {
  const groups = await batchGetSealed(
    store,
    refs.map((ref) => keyGroupKey(ref.keyDomainId, ref.keyGroup)),
    (items, unseal) => new Map([...items].map(([pk, item]) => [pk, keyGroupOfItem(item, unseal)])),
  );
  return (keyDomainId, keyGroup) => groups.get(keyGroupKey(keyDomainId, keyGroup).pk);
}

/** One Key Group, or undefined. One round trip. */
export async function loadKeyGroup(store: KeyStore, ref: KeyGroupRef): Promise<KeyGroup | undefined> {
  return (await loadKeyGroups(store, [ref]))(ref.keyDomainId, ref.keyGroup);
}

/** The MSK that a Key Number asks for, 0x0 being the current one; undefined if there is none. */
export function findMsk(group: KeyGroup | undefined, keyNumber: number): StoredMsk | undefined {
  const wanted = keyNumber === CURRENT_KEY_NUMBER ? group?.currentKeyNumber : keyNumber;
  return wanted === undefined ? undefined : group?.msks.get(wanted);
}

/**
 * Adds an MSK and makes it the current one; of the older ones only the last current one stays. A Key
 * Number that is already there is replaced, and the other MSK stays: repeatable.
 * @throws StoreError `invalid` for Key Number 0x0, `conflict` when others keep writing the same group,
 * `data-key-unavailable`
 */
export async function putMsk(store: KeyStore, ref: KeyGroupRef, msk: StoredMsk): Promise<void> {
  if (msk.keyNumber === CURRENT_KEY_NUMBER) {
    throw new StoreError('invalid', 'Key Number 0x0 means "the current MSK" and is never the number of one');
  }
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const group = (await loadKeyGroup(store, ref)) ?? emptyKeyGroup(ref);
    const others = [...group.msks.values()].filter(({ keyNumber }) => keyNumber !== msk.keyNumber);
    const previous = others.find(({ keyNumber }) => keyNumber === group.currentKeyNumber) ?? others.at(-1);
    const kept = previous === undefined ? [msk] : [previous, msk];
    const msks = new Map(kept.map((each) => [each.keyNumber, each]));
    if (await replaceKeyGroup(store, { ...group, currentKeyNumber: msk.keyNumber, msks })) return;
  }
  throw new StoreError('conflict', 'the Key Group is being written by others: try again');
}

/** Names a User Service in a Key Group, which is made if it does not exist. */
export async function addServiceToKeyGroup(
  store: KeyStore,
  ref: KeyGroupRef,
  serviceId: string,
): Promise<void> {
  await store.dynamodb.send(
    new UpdateItemCommand({
      TableName: store.tableName,
      Key: keyOf(keyGroupKey(ref.keyDomainId, ref.keyGroup)),
      UpdateExpression:
        'ADD services :service, version :one SET keyDomainId = :keyDomainId, keyGroup = :keyGroup',
      ExpressionAttributeValues: {
        ':service': { SS: [serviceId] },
        ':one': { N: '1' },
        ':keyDomainId': { S: ref.keyDomainId },
        ':keyGroup': { N: String(ref.keyGroup) },
      },
    }),
  );
}

/** Undoes `addServiceToKeyGroup`. Repeatable. */
export async function removeServiceFromKeyGroup(
  store: KeyStore,
  ref: KeyGroupRef,
  serviceId: string,
): Promise<void> {
  try {
    await store.dynamodb.send(
      new UpdateItemCommand({
        TableName: store.tableName,
        Key: keyOf(keyGroupKey(ref.keyDomainId, ref.keyGroup)),
        UpdateExpression: 'DELETE services :service ADD version :one',
        ConditionExpression: 'contains(services, :serviceId)',
        ExpressionAttributeValues: {
          ':service': { SS: [serviceId] },
          ':serviceId': { S: serviceId },
          ':one': { N: '1' },
        },
      }),
    );
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
  }
}

/** @throws StoreError `corrupt-item` */
export function keyGroupOfItem(item: Item, unseal: Unseal): KeyGroup {
  const key = keyOfItem(item);
  const msks = Object.values(item.msks?.M ?? {}).map((attribute) => {
    const fields = attribute.M ?? {};
    const keyNumber = numberOf(fields, 'keyNumber');
    const msk = unseal(fields, 'msk', placeOfMsk(key, keyNumber));
    return {
      keyNumber,
      get msk() {
        return msk();
      },
      validity: { seql: numberOf(fields, 'seql'), sequ: numberOf(fields, 'sequ') },
    };
  });
  return {
    keyDomainId: parseKeyDomainId(textOf(item, 'keyDomainId')),
    keyGroup: numberOf(item, 'keyGroup'),
    services: textSetOf(item, 'services'),
    currentKeyNumber: optionalNumberOf(item, 'currentKeyNumber'),
    msks: new Map(msks.map((msk) => [msk.keyNumber, msk])),
    version: optionalNumberOf(item, 'version') ?? 0,
  };
}

function emptyKeyGroup(ref: KeyGroupRef): KeyGroup {
  return { ...ref, services: new Set(), currentKeyNumber: undefined, msks: new Map(), version: 0 };
}

function mapKeyOf(keyNumber: number): string {
  return keyNumber.toString(16).padStart(4, '0');
}

function placeOfMsk(key: ItemKey, keyNumber: number): AttributePlace {
  return { ...key, path: `msks.${mapKeyOf(keyNumber)}.msk` };
}

/** False when somebody else has written the Key Group since it was read. */
async function replaceKeyGroup(store: KeyStore, group: KeyGroup): Promise<boolean> {
  const { version } = group;
  const seal = await store.dataKeys.sealer(group.msks.size);
  try {
    await store.dynamodb.send(
      new PutItemCommand({
        TableName: store.tableName,
        Item: itemOfKeyGroup({ ...group, version: version + 1 }, seal),
        ConditionExpression: version === 0 ? 'attribute_not_exists(pk)' : 'version = :version',
        ...(version === 0 ? {} : { ExpressionAttributeValues: { ':version': { N: String(version) } } }),
      }),
    );
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}

function itemOfKeyGroup(group: KeyGroup, seal: Seal): Item {
  const key = keyGroupKey(group.keyDomainId, group.keyGroup);
  const msks: Record<string, AttributeValue> = {};
  for (const { keyNumber, msk, validity } of group.msks.values()) {
    msks[mapKeyOf(keyNumber)] = {
      M: {
        keyNumber: { N: String(keyNumber) },
        msk: seal(msk, placeOfMsk(key, keyNumber)),
        seql: { N: String(validity.seql) },
        sequ: { N: String(validity.sequ) },
      },
    };
  }
  return {
    ...keyOf(key),
    keyDomainId: { S: group.keyDomainId },
    keyGroup: { N: String(group.keyGroup) },
    ...textSetAttribute('services', group.services),
    ...(group.currentKeyNumber === undefined
      ? {}
      : { currentKeyNumber: { N: String(group.currentKeyNumber) } }),
    msks: { M: msks },
    version: { N: String(group.version) },
  };
}
