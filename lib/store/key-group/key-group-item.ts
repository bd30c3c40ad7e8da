import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { type KeyDomainId, parseKeyDomainId } from '../../keys/key-domain-id.ts';
import { formatKeyGroup, formatKeyNumber, parseKeyGroup } from '../../keys/msk-id.ts';
import type { MskValidity } from '../../keys/msk-validity.ts';
import type { SecretKey } from '../../keys/secret-key.ts';
import {
  keyOfItem,
  numberOf,
  optionalNumberOf,
  parsedOf,
  textOf,
  textSetAttribute,
  textSetOf,
} from '../attributes.ts';
import type { Seal } from '../encryption/data-keys.ts';
import type { AttributeLocation } from '../encryption/sealed-octets.ts';
import { keyGroupKey } from '../item-keys.ts';
import type { SealedKey, SealedKeyOf } from '../sealed-items.ts';
import { type Item, type ItemKey, keyOf } from '../table.ts';

/** A Key Group within its Key Domain. */
export interface KeyGroupRef {
  readonly keyDomainId: KeyDomainId;
  readonly keyGroup: number;
}

/** A Key Group as `KEYDOMAIN/KEYGROUP`, such as `00f110/0001`. */
export function formatKeyGroupRef({ keyDomainId, keyGroup }: KeyGroupRef): string {
  return `${keyDomainId}/${formatKeyGroup(keyGroup)}`;
}

/** The inverse. @throws KeysError */
export function parseKeyGroupRef(text: string): KeyGroupRef {
  return { keyDomainId: parseKeyDomainId(text.slice(0, 6)), keyGroup: parseKeyGroup(text.slice(7)) };
}

/** An MSK of a Key Group: 16 octets, and the MTK IDs it may protect. */
export interface StoredMsk {
  readonly keyNumber: number;
  readonly msk: SecretKey;
  readonly validity: MskValidity;
}

/** The same as it is read from the table: `openMsk` opens it. */
export interface SealedMsk extends Omit<StoredMsk, 'msk'> {
  readonly sealed: SealedKey;
}

/** An MSK that stands ready beside the current one until its time comes. */
export interface PreparedMsk {
  readonly keyNumber: number;
  /** The idempotency key of the request that it was made for. */
  readonly request: string;
  /** When it is to be made the current one, ms since the epoch. */
  readonly activateAt: number;
}

/** The live MSKs of a Key Group, as they were read: at most two, as a USIM keeps (TS 31.102 EF_MSK). */
export type KeyGroup = KeyGroupWith<SealedMsk>;

/** A Key Group with its MSKs in one of their forms. */
export interface KeyGroupWith<Msk extends { readonly keyNumber: number }> extends KeyGroupRef {
  readonly keyDomainId: KeyDomainId;
  /** User Services that use these MSKs. */
  readonly services: ReadonlySet<string>;
  /** The Key Number that 0x0 stands for in a request; undefined before the first MSK. */
  readonly currentKeyNumber: number | undefined;
  readonly msks: ReadonlyMap<number, Msk>;
  /** The rotation that is under way; undefined where there is none. */
  readonly prepared: PreparedMsk | undefined;
  /** The Key Number given most lately, so that none comes again soon; undefined before the first MSK. */
  readonly lastKeyNumber: number | undefined;
  /** Requests for rotations that were answered, the latest last. */
  readonly rotationRequests: readonly string[];
  /** Those of them that were refused, because another rotation was under way. */
  readonly refusedRequests?: readonly string[] | undefined;
  /** The rotations that have ended, the latest last: what their requests came to, should they come again. */
  readonly endedRotations?: readonly PreparedMsk[] | undefined;
  /** When an MSK was replaced by another of its Key Number, ms since the epoch. */
  readonly replaced: ReadonlyMap<number, number>;
  /**
   * A Key Group that was deleted leaves only its last Key Number and its replacements, so that no Key Number
   * comes again that UEs may hold. undefined: it is there.
   */
  readonly deletedAt?: number | undefined;
  /** Its MSKs are made by another network, and none here. */
  readonly isForeign?: boolean | undefined;
  /** Grows with each write; 0 for a Key Group that is not stored yet. */
  readonly version: number;
}

/** The MSKs of a Key Group by their Key Numbers. */
export function liveMsks<Msk extends { readonly keyNumber: number }>(
  msks: readonly Msk[],
): { readonly msks: ReadonlyMap<number, Msk> } {
  return { msks: new Map(msks.map((msk) => [msk.keyNumber, msk])) };
}

/** @throws StoreError `corrupt-item` */
export function keyGroupOfItem(item: Item, sealedKeyOf: SealedKeyOf): KeyGroup {
  const key = keyOfItem(item);
  const msks = Object.values(item.msks?.M ?? {}).map((attribute) => {
    const fields = attribute.M ?? {};
    const keyNumber = numberOf(fields, 'keyNumber');
    return {
      keyNumber,
      sealed: sealedKeyOf(fields, 'msk', locationOfMsk(key, keyNumber)),
      validity: { seql: numberOf(fields, 'seql'), sequ: numberOf(fields, 'sequ') },
    };
  });
  return {
    keyDomainId: parsedOf(item, 'keyDomainId', parseKeyDomainId),
    keyGroup: numberOf(item, 'keyGroup'),
    services: textSetOf(item, 'services'),
    currentKeyNumber: optionalNumberOf(item, 'currentKeyNumber'),
    ...liveMsks(msks),
    prepared: preparedOf(item),
    lastKeyNumber: optionalNumberOf(item, 'lastKeyNumber'),
    rotationRequests: (item.rotationRequests?.L ?? []).map(({ S = '' }) => S),
    refusedRequests: item.refusedRequests?.L?.map(({ S = '' }) => S),
    endedRotations: item.endedRotations?.L?.map(({ M = {} }) => preparedOfFields(M)),
    replaced: replacedOf(item),
    deletedAt: optionalNumberOf(item, 'deletedAt'),
    ...(item.isForeign?.BOOL === true && { isForeign: true }),
    version: optionalNumberOf(item, 'version') ?? 0,
  };
}

/** The item of a Key Group, its MSKs sealed. */
export function itemOfKeyGroup(group: KeyGroupWith<StoredMsk>, seal: Seal): Item {
  const key = keyGroupKey(group.keyDomainId, group.keyGroup);
  const msks: Record<string, AttributeValue> = {};
  for (const { keyNumber, msk, validity } of group.msks.values()) {
    msks[formatKeyNumber(keyNumber)] = {
      M: {
        keyNumber: { N: String(keyNumber) },
        msk: seal(msk, locationOfMsk(key, keyNumber)),
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
    ...numberAttribute('currentKeyNumber', group.currentKeyNumber),
    ...numberAttribute('lastKeyNumber', group.lastKeyNumber),
    ...preparedAttribute(group.prepared),
    rotationRequests: { L: group.rotationRequests.map((request) => ({ S: request })) },
    ...(group.refusedRequests && {
      refusedRequests: { L: group.refusedRequests.map((request) => ({ S: request })) },
    }),
    ...(group.endedRotations && {
      endedRotations: { L: group.endedRotations.map((ended) => ({ M: fieldsOfPrepared(ended) })) },
    }),
    msks: { M: msks },
    ...replacedAttribute(group.replaced),
    ...numberAttribute('deletedAt', group.deletedAt),
    ...(group.isForeign === true && { isForeign: { BOOL: true } }),
    version: { N: String(group.version) },
  };
}

/** When MSKs were replaced, by Key Number. */
export function replacedOf({ replaced }: Item): ReadonlyMap<number, number> {
  const entries = Object.entries(replaced?.M ?? {});
  return new Map(entries.map(([keyNumber, { N }]) => [Number.parseInt(keyNumber, 16), Number(N)]));
}

function replacedAttribute(replaced: ReadonlyMap<number, number>): Item {
  if (replaced.size === 0) return {};
  const entries = [...replaced].map(([keyNumber, at]) => [formatKeyNumber(keyNumber), { N: String(at) }]);
  return { replaced: { M: Object.fromEntries(entries) } };
}

function preparedOf({ prepared }: Item): PreparedMsk | undefined {
  return prepared?.M && preparedOfFields(prepared.M);
}

function preparedOfFields(fields: Item): PreparedMsk {
  return {
    keyNumber: numberOf(fields, 'keyNumber'),
    request: textOf(fields, 'request'),
    activateAt: numberOf(fields, 'activateAt'),
  };
}

function locationOfMsk(key: ItemKey, keyNumber: number): AttributeLocation {
  return { ...key, path: `msks.${formatKeyNumber(keyNumber)}.msk` };
}

function preparedAttribute(prepared: PreparedMsk | undefined): Item {
  return prepared === undefined ? {} : { prepared: { M: fieldsOfPrepared(prepared) } };
}

function fieldsOfPrepared({ keyNumber, request, activateAt }: PreparedMsk): Item {
  return {
    keyNumber: { N: String(keyNumber) },
    request: { S: request },
    activateAt: { N: String(activateAt) },
  };
}

function numberAttribute(name: string, value: number | undefined): Item {
  return value === undefined ? {} : { [name]: { N: String(value) } };
}
