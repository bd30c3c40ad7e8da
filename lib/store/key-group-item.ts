import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { parseKeyDomainId } from '../keys/key-domain-id.ts';
import { keyOfItem, numberOf, optionalNumberOf, textOf, textSetAttribute, textSetOf } from './attributes.ts';
import type { Seal } from './data-keys.ts';
import { keyGroupKey } from './item-keys.ts';
import { type KeyGroup, liveMsks, type PreparedMsk } from './key-group.ts';
import { type Item, type ItemKey, keyOf } from './key-store.ts';
import type { Unseal } from './sealed-items.ts';
import type { AttributePlace } from './sealed-octets.ts';

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
    ...liveMsks(msks),
    prepared: preparedOf(item),
    lastKeyNumber: optionalNumberOf(item, 'lastKeyNumber'),
    rotationRequests: (item.rotationRequests?.L ?? []).map(({ S = '' }) => S),
    version: optionalNumberOf(item, 'version') ?? 0,
  };
}

/** The item of a Key Group, its MSKs sealed. */
export function itemOfKeyGroup(group: KeyGroup, seal: Seal): Item {
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
    ...numberAttribute('currentKeyNumber', group.currentKeyNumber),
    ...numberAttribute('lastKeyNumber', group.lastKeyNumber),
    ...preparedAttribute(group.prepared),
    rotationRequests: { L: group.rotationRequests.map((request) => ({ S: request })) },
    msks: { M: msks },
    version: { N: String(group.version) },
  };
}

function preparedOf({ prepared }: Item): PreparedMsk | undefined {
  const fields = prepared?.M;
  return (
    fields && {
      keyNumber: numberOf(fields, 'keyNumber'),
      request: textOf(fields, 'request'),
      activateAt: numberOf(fields, 'activateAt'),
    }
  );
}

function mapKeyOf(keyNumber: number): string {
  return keyNumber.toString(16).padStart(4, '0');
}

function placeOfMsk(key: ItemKey, keyNumber: number): AttributePlace {
  return { ...key, path: `msks.${mapKeyOf(keyNumber)}.msk` };
}

function preparedAttribute(prepared: PreparedMsk | undefined): Item {
  if (prepared === undefined) return {};
  const { keyNumber, request, activateAt } = prepared;
  return {
    prepared: {
      M: {
        keyNumber: { N: String(keyNumber) },
        request: { S: request },
        activateAt: { N: String(activateAt) },
      },
    },
  };
}

function numberAttribute(name: string, value: number | undefined): Item {
  return value === undefined ? {} : { [name]: { N: String(value) } };
}
