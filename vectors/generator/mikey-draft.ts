import { SecretKey } from '../../lib/keys/secret-key.ts';
import { aesCm } from '../../lib/mikey/crypto/aes-cm.ts';
import { hmacSha1 } from '../../lib/mikey/crypto/hmac-sha1.ts';
import { type MessageKeys, messageKeysOf } from '../../lib/mikey/crypto/key-derivation.ts';
import { concat, hex, uint } from './octets.ts';

/** Types of payloads (RFC 3830 §6.1, table 6.1.b). */
export const TYPE = { KEMAC: 1, T: 5, ID: 6, CERT: 7, V: 9, SP: 10, RAND: 11, ERR: 12, EXT: 21 } as const;

/** A field of a payload, named as in the RFC. */
export type Field = readonly [name: string, value: Uint8Array];

/** A payload without its first octet, which names the next one. */
export interface Payload {
  readonly name: string;
  readonly type: number;
  readonly fields: readonly Field[];
}

/** A MIKEY message before it is encrypted and authenticated. Nothing checks it: it may be wrong on purpose. */
export interface Draft {
  readonly version: number;
  readonly dataType: number;
  readonly vBit: boolean;
  readonly prf: number;
  readonly csbId: number;
  readonly sessions: number;
  readonly mapType: number;
  readonly map: Uint8Array;
  /** Those before KEMAC or V. */
  readonly payloads: readonly Payload[];
  readonly last: 'KEMAC' | 'V';
  /** The counter that goes into the initial counter block, 4 octets. */
  readonly counter: number;
  readonly psk: Uint8Array;
  /** What goes into the label of the keys. */
  readonly rand: Uint8Array;
  /** Before encryption. */
  readonly keyData: Uint8Array;
  readonly encrAlg: number;
  readonly macAlg: number;
  /** What the MAC covers besides the message. */
  readonly alsoCovered: Uint8Array;
}

/** A field of a message and where it stands. */
export interface PlacedField {
  readonly payload: string;
  readonly name: string;
  readonly at: number;
  readonly value: Uint8Array;
}

/** A message, where its fields stand, and the values that it is made from. */
export interface Sealed {
  readonly message: Uint8Array;
  readonly fields: readonly PlacedField[];
  readonly intermediate: Readonly<Record<string, string>>;
}

export const HEADER = {
  version: 1,
  dataType: 0,
  vBit: false,
  prf: 0,
  sessions: 0,
  mapType: 1,
  map: new Uint8Array(0),
} as const;

export const timestamp = (counter: number): Payload => ({
  name: 'T',
  type: TYPE.T,
  fields: [
    ['TS type', uint(1, 2)],
    ['TS value', uint(4, counter)],
  ],
});

export const rand = (value: Uint8Array): Payload => ({
  name: 'RAND',
  type: TYPE.RAND,
  fields: [
    ['RAND len', uint(1, value.length)],
    ['RAND', value],
  ],
});

export const identity = (name: 'IDi' | 'IDr', idType: number, data: Uint8Array): Payload => ({
  name,
  type: TYPE.ID,
  fields: [
    ['ID type', uint(1, idType)],
    ['ID len', uint(2, data.length)],
    ['ID data', data],
  ],
});

/** A Key ID with its type. */
export type KeyId = readonly [type: number, value: Uint8Array];

/** Key IDs by their type: Key Domain ID 0, MSK ID 1, MTK ID 2 (RFC 4563 §4). */
export function keyIds(...ids: readonly KeyId[]): Payload {
  const data = concat(...ids.map(([type, value]) => concat(uint(1, type), uint(1, value.length), value)));
  return extension(3, data, ids);
}

export function extension(type: number, data: Uint8Array, ids: readonly KeyId[] = []): Payload {
  const names = ['Key Domain ID', 'MSK ID', 'MTK ID'];
  const inner = ids.flatMap(([idType, value]): Field[] => [
    ['Key ID type', uint(1, idType)],
    ['Key ID length', uint(1, value.length)],
    [names[idType] ?? 'Key ID', value],
  ]);
  return {
    name: 'EXT',
    type: TYPE.EXT,
    fields: [
      ['Type', uint(1, type)],
      ['Length', uint(2, data.length)],
      ...(inner.length > 0 ? inner : [['Data', data] as Field]),
    ],
  };
}

export const securityPolicy = (parameters: Uint8Array): Payload => ({
  name: 'SP',
  type: TYPE.SP,
  fields: [
    ['Policy no', uint(1, 0)],
    ['Prot type', uint(1, 0)],
    ['Policy param length', uint(2, parameters.length)],
    ['Policy param', parameters],
  ],
});

const MAC_LENGTH = 20;

/** The chain of payloads with a MAC of zeros, or without one where the MAC algorithm is NULL. */
export function assembled(draft: Draft, keys: MessageKeys): { octets: Uint8Array; fields: PlacedField[] } {
  const last = draft.last === 'KEMAC' ? kemac(draft, keys) : verification(draft);
  const chain = [...draft.payloads, last];
  const fields: PlacedField[] = [];
  let at = 0;
  const put = (payload: string, name: string, value: Uint8Array) => {
    fields.push({ payload, name, at, value });
    at += value.length;
  };
  put('HDR', 'Version', uint(1, draft.version));
  put('HDR', 'Data type', uint(1, draft.dataType));
  put('HDR', 'Next payload', uint(1, chain[0]?.type ?? 0));
  put('HDR', 'V, PRF func', uint(1, (draft.vBit ? 0x80 : 0) | draft.prf));
  put('HDR', 'CSB ID', uint(4, draft.csbId));
  put('HDR', '#CS', uint(1, draft.sessions));
  put('HDR', 'CS ID map type', uint(1, draft.mapType));
  if (draft.map.length > 0) put('HDR', 'CS ID map info', draft.map);
  for (const [index, { name, fields: inner }] of chain.entries()) {
    put(name, 'Next payload', uint(1, chain[index + 1]?.type ?? 0));
    for (const [field, value] of inner) if (value.length > 0) put(name, field, value);
  }
  return { octets: concat(...fields.map(({ value }) => value)), fields };
}

/**
 * Encrypts and authenticates a draft (RFC 3830 §5.2).
 * @param edit changes what the MAC covers, so that the MAC is right and the message wrong
 */
export function seal(draft: Draft, edit: (covered: Uint8Array) => Uint8Array = (each) => each): Sealed {
  const keys = messageKeysOf(new SecretKey(draft.psk), draft.csbId, draft.rand);
  const { octets, fields } = assembled(draft, keys);
  const macLength = draft.macAlg === 1 ? MAC_LENGTH : 0;
  const covered = edit(octets.subarray(0, octets.length - macLength));
  const mac = hmacSha1(keys.auth.exposeOctets(), [covered, draft.alsoCovered]).subarray(0, macLength);
  const placed = fields.map((each) => (each.name === 'MAC' ? { ...each, value: mac } : each));
  return { message: concat(covered, mac), fields: placed, intermediate: intermediateOf(draft, keys, mac) };
}

function kemac(draft: Draft, keys: MessageKeys): Payload {
  const encrData = encrypted(draft, keys);
  return {
    name: 'KEMAC',
    type: TYPE.KEMAC,
    fields: [
      ['Encr alg', uint(1, draft.encrAlg)],
      ['Encr data len', uint(2, encrData.length)],
      ['Encr data', encrData],
      ['MAC alg', uint(1, draft.macAlg)],
      ['MAC', new Uint8Array(draft.macAlg === 1 ? MAC_LENGTH : 0)],
    ],
  };
}

function verification({ macAlg }: Draft): Payload {
  return {
    name: 'V',
    type: TYPE.V,
    fields: [
      ['Auth alg', uint(1, macAlg)],
      ['MAC', new Uint8Array(macAlg === 1 ? MAC_LENGTH : 0)],
    ],
  };
}

function encrypted({ keyData, encrAlg, csbId, counter }: Draft, keys: MessageKeys): Uint8Array {
  return encrAlg === 0 ? keyData : aesCm(keys.encr, keys.salt, csbId, uint(4, counter), keyData);
}

function intermediateOf(draft: Draft, keys: MessageKeys, mac: Uint8Array): Record<string, string> {
  const label = (constant: string) => `${constant}ff${hex(uint(4, draft.csbId))}${hex(draft.rand)}`;
  const auth = { authLabel: label('2d22ac75'), authKey: hex(keys.auth.exposeOctets()) };
  if (draft.last === 'V') return { ...auth, alsoCovered: hex(draft.alsoCovered), mac: hex(mac) };
  if (draft.keyData.length === 0) return { ...auth, mac: hex(mac) };
  const salt = keys.salt.exposeOctets();
  const mask = concat(uint(2, 0), uint(4, draft.csbId), uint(4, 0), uint(4, draft.counter));
  const iv = concat(
    salt.map((octet, index) => octet ^ (mask[index] ?? 0)),
    uint(2, 0),
  );
  return {
    encrLabel: label('150533e1'),
    encrKey: hex(keys.encr.exposeOctets()),
    saltLabel: label('29b88916'),
    saltKey: hex(salt),
    ...auth,
    iv: hex(iv),
    keyData: hex(draft.keyData),
    encrData: hex(encrypted(draft, keys)),
    mac: hex(mac),
  };
}
