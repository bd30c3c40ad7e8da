import { describe, expect, it } from 'vitest';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import {
  decodeMikeyMessage,
  encodeMikeyMessage,
  encodeMskMessage,
  type MikeyError,
  type MikeyMessage,
  type MikeyPayloads,
  openMskMessage,
} from '../../lib/mikey/index.ts';
import { addressed } from '../../lib/mikey/message/msk.ts';
import { protect } from '../../lib/mikey/message/protection.ts';
import { keyIdExtension } from '../../lib/mikey/payload/ext.ts';
import type { KeyData } from '../../lib/mikey/payload/key-data.ts';
import { ADDRESSING, DOMAIN, MESSAGES, MSK, MSK_ID, VALIDITY } from './messages.ts';

/** The code and the field of the error that an action throws. */
function faultOf(action: () => unknown): [code: string, field: string] | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    const { code, field } = error as MikeyError;
    return [code, field];
  }
}

const decoded = decodeMikeyMessage(MESSAGES.msk);
const [identity] = decoded.identities as [MikeyMessage['identities'][number]];

/** An MSK message whose payloads are changed before it is encoded. */
const withPayloads = (changes: Partial<MikeyPayloads>) => encodeMikeyMessage({ ...decoded, ...changes });

/** The payloads of a message as octets, without the header, each with its type. */
function payloadsOf(message: Uint8Array): {
  header: Uint8Array;
  parts: [type: number, octets: Uint8Array][];
} {
  const whole = decodeMikeyMessage(message);
  const header = message.subarray(0, 10);
  const pieces: [number, Partial<MikeyPayloads>][] = [
    [5, {}],
    [11, { rand: whole.rand }],
  ] as [number, Partial<MikeyPayloads>][];
  const only = { identities: [], securityPolicies: [], extensions: [], errorNos: [] };
  const base = { header: whole.header, timestamp: whole.timestamp, ...only };
  const timestamp = encodeMikeyMessage(base).subarray(10);
  return {
    header,
    parts: pieces.map(([type, piece]) => {
      const octets = encodeMikeyMessage({ ...base, ...piece }).subarray(10);
      return [type, type === 5 ? octets.subarray(1) : octets.subarray(timestamp.length + 1)];
    }),
  };
}

/** A message of these payloads in this order, whatever the order should be. */
function chained(...parts: readonly [type: number, octets: Uint8Array][]): Uint8Array {
  const header = Uint8Array.from(payloadsOf(MESSAGES.msk).header);
  header[2] = parts[0]?.[0] ?? 0;
  const chain = parts.flatMap(([, octets], index) => [parts[index + 1]?.[0] ?? 0, ...octets]);
  return Uint8Array.from([...header, ...chain]);
}

describe('a message is refused, with the field at fault,', () => {
  const { parts } = payloadsOf(MESSAGES.msk);
  const [timestamp, rand] = parts as [[number, Uint8Array], [number, Uint8Array]];
  const mac: [number, Uint8Array] = [9, Uint8Array.from([1, ...new Uint8Array(20)])];

  it.each<[string, Uint8Array, [string, string]]>([
    ['without T', chained(), ['missing-payload', 'T']],
    [
      'whose T is not the first payload',
      chained(rand, timestamp),
      ['misplaced-payload', 'T must be the first payload'],
    ],
    ['with two T', chained(timestamp, timestamp), ['duplicate-payload', 'T']],
    ['with two RAND', chained(timestamp, rand, rand), ['duplicate-payload', 'RAND']],
    ['with a payload after V', chained(timestamp, mac, rand), ['misplaced-payload', 'payload after the MAC']],
    [
      'with a payload after KEMAC',
      // KEMAC with NULL encryption, no data, NULL MAC.
      chained(timestamp, [1, Uint8Array.of(0, 0, 0, 0)], rand),
      ['misplaced-payload', 'payload after the MAC'],
    ],
    ['with an unknown payload', chained(timestamp, [77, rand[1]]), ['unknown-payload', 'payload type 77']],
    [
      'with three ID',
      withPayloads({ identities: [identity, identity, identity] }),
      ['duplicate-payload', 'ID'],
    ],
    [
      'with SP and an empty map',
      withPayloads({ securityPolicies: [{ policyNo: 0, protType: 0, parameters: [] }] }),
      ['misplaced-payload', 'SP with an empty CS ID map'],
    ],
  ])('%s', (_, message, fault) => {
    expect(faultOf(() => decodeMikeyMessage(message))).toEqual(fault);
  });

  // @clause RFC 3830 §6.2 s1
  it('but the same payloads in order are a message', () => {
    expect(faultOf(() => decodeMikeyMessage(chained(timestamp, rand, mac)))).toBeUndefined();
  });
});

it('error numbers go there and back', () => {
  const { kemac: _, ...others } = decoded;
  const message = encodeMikeyMessage({ ...others, identities: [], extensions: [], errorNos: [1, 12] });
  expect(decodeMikeyMessage(message).errorNos).toEqual([1, 12]);
});

describe('an MSK message', () => {
  const validity = { kind: 'INTERVAL', from: Uint8Array.of(0, 1), to: Uint8Array.of(0, 9) } as const;
  const good: KeyData = { type: 'TGK', key: MSK, validity };
  const base = {
    ...addressed(ADDRESSING, true),
    extensions: [keyIdExtension({ keyDomainId: DOMAIN, mskId: MSK_ID })],
  };
  /** An authentic message with these keys and payloads, opened. */
  const open = (keys: readonly KeyData[], changes: Partial<typeof base> = {}) =>
    openMskMessage(
      decodeMikeyMessage(protect({ ...base, ...changes }, ADDRESSING.muk, ADDRESSING.rand, keys, 'NULL')),
      ADDRESSING.muk,
    );

  it('opens as TGK and as TEK, with an interval of 1 to 4 octets', () => {
    expect(open([good]).validity).toEqual({ seql: 1, sequ: 9 });
    expect(open([{ ...good, type: 'TEK' }]).msk.equals(MSK)).toBe(true);
    for (const length of [1, 2, 3, 4]) {
      const from = new Uint8Array(length).fill(1);
      const opened = open([{ ...good, validity: { ...validity, from, to: from } }]);
      expect(opened.validity.seql).toBe(Number.parseInt('01'.repeat(length), 16));
    }
  });

  it.each<[string, () => unknown, [string, string]]>([
    ['no Key IDs', () => open([good], { extensions: [] }), ['missing-payload', 'EXT of Key IDs']],
    [
      'no Key Domain ID',
      () => open([good], { extensions: [keyIdExtension({ mskId: MSK_ID })] }),
      ['missing-payload', 'EXT of Key IDs'],
    ],
    [
      'no MSK ID',
      () => open([good], { extensions: [keyIdExtension({ keyDomainId: DOMAIN })] }),
      ['missing-payload', 'EXT of Key IDs'],
    ],
    ['no key', () => open([]), ['missing-payload', 'key data']],
    ['two keys', () => open([good, good]), ['duplicate-payload', 'key data']],
    [
      'a key of another type',
      () => open([{ ...good, type: 'TGK+SALT', salt: new SecretKey(new Uint8Array(14)) }]),
      ['unknown-type', 'key data type'],
    ],
    [
      'a key of 15 octets',
      () => open([{ ...good, key: new SecretKey(new Uint8Array(15)) }]),
      ['bad-value', 'MSK length'],
    ],
    [
      'Key Number 0x0',
      () =>
        open([good], {
          extensions: [keyIdExtension({ keyDomainId: DOMAIN, mskId: { keyGroup: 1, keyNumber: 0 } })],
        }),
      ['bad-value', 'Key Number of the MSK ID'],
    ],
    [
      'no interval of validity',
      () => open([{ ...good, validity: { kind: 'NULL' } }]),
      ['unknown-type', 'key data KV'],
    ],
    [
      'an interval of 5 octets',
      () => open([{ ...good, validity: { ...validity, to: new Uint8Array(5) } }]),
      ['bad-value', 'key data validity length'],
    ],
    [
      'no octets in its interval',
      () => open([{ ...good, validity: { ...validity, from: new Uint8Array(0) } }]),
      ['bad-value', 'key data validity length'],
    ],
  ])('with %s is refused', (_, action, fault) => {
    expect(faultOf(action)).toEqual(fault);
  });

  // @clause RFC 3830 §6.11 s1
  it('without RAND is refused', () => {
    const { rand: _, ...withoutRand } = decoded;
    const message = decodeMikeyMessage(encodeMikeyMessage(withoutRand));
    expect(faultOf(() => openMskMessage(message, ADDRESSING.muk))).toEqual(['missing-payload', 'RAND']);
  });

  it.each<[string, object, [string, string]]>([
    ['an MSK of 15 octets', { msk: new SecretKey(new Uint8Array(15)) }, ['bad-value', 'MSK length']],
    ['Key Number 0x0', { mskId: { keyGroup: 1, keyNumber: 0 } }, ['bad-value', 'Key Number of the MSK ID']],
  ])('is not made with %s', (_, changes, fault) => {
    const input = {
      ...ADDRESSING,
      keyDomainId: DOMAIN,
      mskId: MSK_ID,
      msk: MSK,
      validity: VALIDITY,
      verificationRequested: true,
    };
    expect(faultOf(() => encodeMskMessage({ ...input, ...changes }))).toEqual(fault);
  });
});
