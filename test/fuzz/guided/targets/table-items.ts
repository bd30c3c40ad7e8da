import { deflateRawSync } from 'node:zlib';
import { associationOfItem } from '../../../../lib/store/association/association.ts';
import { octetsOf as attributeOctetsOf } from '../../../../lib/store/attributes.ts';
import { ringOfItem } from '../../../../lib/store/encryption/data-key-ring.ts';
import { dataKeyIdOf } from '../../../../lib/store/encryption/sealed-octets.ts';
import { StoreError } from '../../../../lib/store/errors.ts';
import { keyGroupOfItem } from '../../../../lib/store/key-group/key-group-item.ts';
import { pushOfItem } from '../../../../lib/store/ledger/push.ts';
import { pageOfItem } from '../../../../lib/store/ledger/push-page.ts';
import { ueOfItem } from '../../../../lib/store/registration/registration-page.ts';
import { subscriberOfItem } from '../../../../lib/store/registration/subscriber.ts';
import { userServiceOfItem } from '../../../../lib/store/registration/user-service.ts';
import { SealedKey, type SealedKeyOf } from '../../../../lib/store/sealed-items.ts';
import type { Item } from '../../../../lib/store/table.ts';
import { type FuzzTarget, octetsOf, textOf } from '../fuzz-target.ts';

const sealedKeyOf: SealedKeyOf = (fields, name, location) => {
  const sealed = attributeOctetsOf(fields, name);
  dataKeyIdOf(sealed, location);
  return new SealedKey(undefined, sealed, location);
};

/** The readers of all kinds of items, each tried on every input. */
const READERS: readonly ((item: Item) => unknown)[] = [
  (item) => associationOfItem(item, sealedKeyOf),
  (item) => keyGroupOfItem(item, sealedKeyOf),
  subscriberOfItem,
  userServiceOfItem,
  (item) => ueOfItem(item, 'urn:a'),
  pushOfItem,
  (item) => pageOfItem({ pushId: 'p', chain: 0, page: 0 }, item),
  ringOfItem,
];

const S = (text: string) => ({ S: text });
const N = (number: number) => ({ N: String(number) });
const B = (octets: Uint8Array) => ({ B: Buffer.from(octets).toString('base64') });
const SEALED = B(Buffer.concat([Uint8Array.of(1, 0, 0, 0, 1), Buffer.alloc(60)]));
const KEY = { pk: S('pk'), sk: S('sk') };
const UE = { impi: S('001010123456789@home1.net'), btid: S('I1U8vpY3qJ0hiuZNrke/NQ==@bsf.home1.net') };
const packed = (value: unknown) => B(deflateRawSync(JSON.stringify(value)));

/** An item of each kind, in JSON with octets in Base64. */
const SEEDS: readonly object[] = [
  {
    ...KEY,
    ...UE,
    gbaType: S('GBA_U'),
    muk: SEALED,
    mrk: SEALED,
    bootstrappedAt: N(1),
    expiresAt: N(2),
    subscribed: { SS: ['urn:a'] },
    registered: { SS: ['urn:a'] },
    ueAddress: S('192.0.2.1'),
    uePort: N(2269),
    isCurrent: { BOOL: true },
    nonceFloor: N(1),
    'nc#18bcfe5-0a#0': { NS: ['1', '2'] },
    'nf#18bcfe5-0a': N(0),
  },
  {
    ...KEY,
    keyDomainId: S('00f110'),
    keyGroup: N(1),
    services: { SS: ['urn:a'] },
    currentKeyNumber: N(1),
    lastKeyNumber: N(2),
    msks: { M: { '0001': { M: { keyNumber: N(1), msk: SEALED, seql: N(0), sequ: N(65_535) } } } },
    prepared: { M: { keyNumber: N(2), request: S('r'), activateAt: N(3) } },
    rotationRequests: { L: [S('r')] },
    replaced: { M: { '0001': N(4) } },
    version: N(5),
  },
  { ...KEY, ...UE, associations: { SS: [UE.btid.S] }, currentBtid: UE.btid, version: N(1) },
  {
    ...KEY,
    ...UE,
    serviceId: S('urn:a'),
    muk: SEALED,
    bootstrappedAt: N(1),
    expiresAt: N(2),
    ueAddress: S('192.0.2.1'),
    uePort: N(2269),
    copyVersion: N(3),
    isSubscribed: { BOOL: true },
    alsoOf: { SS: ['urn:b'] },
  },
  { ...KEY, serviceId: S('urn:a'), keyGroups: { SS: ['00f110/0001'] } },
  {
    ...KEY,
    pushId: S('p'),
    kind: S('msk'),
    keyDomainId: S('00f110'),
    mskId: S('00010001'),
    pacing: S('{"perSecond":10}'),
    source: packed({ kind: 'services', services: [{ serviceId: 'urn:a', chains: 2 }] }),
    correlationId: S('c'),
    startedAt: N(1),
    expected: N(2),
  },
  { ...KEY, end: S('0/x'), outcome: packed({ verified: ['a@b'], sent: [], failed: { expired: ['c@d'] } }) },
  {
    ...KEY,
    madeFor: S('t'),
    currentId: N(1),
    dataKeys: { M: { 1: { M: { wrapped: SEALED, seals: N(0) } } } },
  },
];

/** Items of the table, whatever wrote them: readers throw nothing but StoreError. */
export const target: FuzzTarget = {
  files: [
    'lib/store/attributes.ts',
    'lib/store/association/association.ts',
    'lib/store/association/nonce-counts.ts',
    'lib/store/key-group/key-group-item.ts',
    'lib/store/registration/delivery-copy.ts',
    'lib/store/registration/user-service.ts',
    'lib/store/ledger/push-page.ts',
  ],
  seeds: SEEDS.map((seed) => octetsOf(JSON.stringify(seed))),
  tokens: [
    ...['"S":', '"N":', '"B":', '"SS":', '"NS":', '"M":', '"L":', '"BOOL":', '"NULL":true'],
    ...['"1e999"', '"NaN"', '"-1"', '""', 'null', '{}', '[]', '@', '"\\u0000"', '"__proto__":'],
  ],
  run: (input) => {
    const item = itemOf(textOf(input));
    if (item === undefined) throw new StoreError('corrupt-item', 'no item');
    let taken = 0;
    let refusal: unknown;
    for (const read of READERS) {
      try {
        read(item);
        taken += 1;
      } catch (error) {
        if (!(error instanceof StoreError)) throw error;
        refusal = error;
      }
    }
    // A page needs no attribute, so any item is one.
    if (taken <= 1 && item.outcome === undefined) throw refusal;
  },
  isExpected: (error) => error instanceof StoreError,
};

const TYPES: Readonly<Record<string, (value: unknown) => boolean>> = {
  S: isText,
  N: isText,
  B: isText,
  SS: (value) => Array.isArray(value) && value.every(isText),
  NS: (value) => Array.isArray(value) && value.every(isText),
  BOOL: (value) => typeof value === 'boolean',
  NULL: (value) => value === true,
};

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

/** The item in JSON, its attributes of types that DynamoDB has; undefined for any other text. */
function itemOf(text: string): Item | undefined {
  try {
    return fieldsOf(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function fieldsOf(value: unknown): Item | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const fields: Item = {};
  for (const [name, attribute] of Object.entries(value)) {
    const converted = attributeOf(attribute);
    if (converted === undefined) return undefined;
    fields[name] = converted;
  }
  return fields;
}

function attributeOf(value: unknown): Item[string] | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const [entry, ...others] = Object.entries(value);
  if (entry === undefined || others.length > 0) return undefined;
  const [type, content] = entry;
  if (type === 'M') {
    const fields = fieldsOf(content);
    return fields && { M: fields };
  }
  if (type === 'L') {
    const items = Array.isArray(content) ? content.map(attributeOf) : [undefined];
    const defined = items.filter((each) => each !== undefined);
    return defined.length === items.length ? { L: defined } : undefined;
  }
  if (TYPES[type]?.(content) !== true) return undefined;
  if (type === 'B') return { B: Buffer.from(String(content), 'base64') };
  return { [type]: content } as Item[string];
}
