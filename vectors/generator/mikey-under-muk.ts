import { SecretKey } from '../../lib/keys/secret-key.ts';
import { encodeVerificationMessage } from '../../lib/mikey/index.ts';
import type { Test, TestGroup, VectorFile } from './data-set.ts';
import {
  type Draft,
  HEADER,
  identity,
  keyIds,
  rand,
  seal,
  securityPolicy,
  timestamp,
} from './mikey-draft.ts';
import {
  commonNeighbours,
  lengthOf,
  MUK_NEIGHBOURS,
  type Neighbour,
  replacing,
  rulesOf,
  testOf,
  without,
} from './neighbours.ts';
import { ascii, concat, hex, octets, replaced, uint } from './octets.ts';
import { B_TID, COUNTER, CSB_ID, KEY_DOMAIN_ID, MSK, MSK_ID, MUK, NAF_ID, RAND } from './test-keys.ts';

const MSK_SOURCE = ['RFC 3830 §3.1, §4.1.4, §4.2.3, §5.2, §5.3, §6', 'RFC 4563 §4, §5', 'TS 33.246 §6.4.5.1'];

/** The UE has taken a message with the counter before. */
const RECEIVER = { muk: hex(MUK), idi: hex(NAF_ID), idr: hex(ascii(B_TID)), lastCounter: COUNTER - 1 };

/** Types of ID payloads: NAF_Id as a URI, B-TID as a NAI. */
const [NAI, URI] = [0, 1];

/** The four members of key data (RFC 3830 §6.13): last, type and KV, key, validity. */
export function keyData(type: number, kv: number, key: Uint8Array, rest: Uint8Array): Uint8Array {
  return concat(uint(1, 0), uint(1, (type << 4) | kv), uint(2, key.length), key, rest);
}

const interval = (seql: number, sequ: number, length = 2) =>
  concat(uint(1, length), uint(length, seql), uint(1, length), uint(length, sequ));

interface Values {
  readonly vBit: boolean;
  readonly csbId: number;
  readonly counter: number;
  readonly seql: number;
  readonly sequ: number;
  readonly mskId: Uint8Array;
}

const VALUES: Values = {
  vBit: true,
  csbId: CSB_ID,
  counter: COUNTER,
  seql: 0x0010,
  sequ: 0x0fff,
  mskId: MSK_ID,
};

function underMuk({ vBit, csbId, counter, mskId }: Values): Draft {
  return {
    ...HEADER,
    ...{ vBit, csbId, counter, rand: RAND, psk: MUK },
    payloads: [
      timestamp(counter),
      rand(RAND),
      identity('IDi', URI ?? 1, NAF_ID),
      identity('IDr', NAI ?? 0, ascii(B_TID)),
      keyIds([0, KEY_DOMAIN_ID], [1, mskId]),
    ],
    last: 'KEMAC',
    keyData: new Uint8Array(0),
    encrAlg: 0,
    macAlg: 1,
    alsoCovered: new Uint8Array(0),
  };
}

/** The draft of an MSK push. */
export function mskDraft(values: Partial<Values> = {}): Draft {
  const all = { ...VALUES, ...values };
  return { ...underMuk(all), encrAlg: 1, keyData: keyData(0, 2, MSK, interval(all.seql, all.sequ)) };
}

/** The draft of a solicited pull. */
export function pullDraft(values: Partial<Values> = {}): Draft {
  return underMuk({ ...VALUES, vBit: false, mskId: octets('00010000'), ...values });
}

function mskTest(
  comment: string,
  values: Partial<Values>,
  flags: readonly string[],
  edit = (d: Draft) => d,
): Test {
  const { vBit, csbId, counter, seql, sequ, mskId } = { ...VALUES, ...values };
  const draft = edit(mskDraft(values));
  const { message, intermediate } = seal(draft);
  const sent = { muk: new SecretKey(MUK), csbId, rand: RAND, counter, bmscId: NAF_ID, ueId: ascii(B_TID) };
  return {
    comment,
    result: 'valid',
    flags: ['Canonical', ...flags],
    fields: {
      ...{ vBit, csbId, counter, rand: hex(RAND), keyDomainId: hex(KEY_DOMAIN_ID) },
      ...{ mskId: hex(mskId), msk: hex(MSK), seql, sequ },
      ...(draft.mapType === 0 ? { csIdMap: hex(draft.map), securityPolicy: SRTP_POLICY } : {}),
    },
    intermediate,
    message: hex(message),
    answer: vBit ? hex(encodeVerificationMessage(sent)) : null,
  };
}

/** AES-CM of 16 octets, HMAC-SHA-1 of 20, salt of 14, tag of 10 (RFC 3830 §6.10.1). */
const SRTP_POLICY = '00010101011002010103011404010e0501000701010801010a01010b010a';

const streaming = (draft: Draft): Draft => {
  const named = { ...draft, mapType: 0, sessions: 1, map: octets('00a1b2c3d400000000') };
  const ids = draft.payloads.findIndex(({ name }) => name === 'EXT');
  const policy = securityPolicy(octets(SRTP_POLICY));
  return { ...named, payloads: [...draft.payloads.slice(0, ids), policy, ...draft.payloads.slice(ids)] };
};

const COUNTERS: readonly Neighbour[] = [
  {
    comment: 'the counter of the message before',
    flags: ['Replay', 'Counter'],
    draft: counting(COUNTER - 1),
  },
  { comment: 'a lower counter', flags: ['Replay', 'Counter'], draft: counting(1) },
  { comment: 'counter 0', flags: ['Replay', 'Counter'], draft: counting(0) },
];

function counting(counter: number): (draft: Draft) => Draft {
  return (draft) => replacing({ ...draft, counter }, 'T', timestamp(counter));
}

const wrongKeyData = (
  comment: string,
  data: Uint8Array,
  result: Neighbour['result'] = 'invalid',
  more: readonly string[] = [],
): Neighbour => ({
  comment,
  result,
  flags: ['KeyData', ...more],
  draft: (draft) => ({ ...draft, keyData: data }),
});

const MSK_NEIGHBOURS: readonly Neighbour[] = [
  {
    comment: 'a security policy although the CS ID map is empty',
    flags: ['Order'],
    draft: (d) => ({ ...d, payloads: [...d.payloads, securityPolicy(octets(SRTP_POLICY))] }),
  },
  {
    comment: 'MSK ID of 3 octets',
    flags: ['WrongLength'],
    draft: (d) => replacing(d, 'EXT', keyIds([0, KEY_DOMAIN_ID], [1, octets('000102')])),
  },
  {
    comment: 'MSK ID of 5 octets',
    flags: ['WrongLength'],
    draft: (d) => replacing(d, 'EXT', keyIds([0, KEY_DOMAIN_ID], [1, octets('0001000203')])),
  },
  {
    comment: 'no MSK ID',
    flags: ['MissingPayload'],
    draft: (d) => replacing(d, 'EXT', keyIds([0, KEY_DOMAIN_ID])),
  },
  {
    comment: 'no Key Domain ID',
    flags: ['MissingPayload'],
    draft: (d) => replacing(d, 'EXT', keyIds([1, MSK_ID])),
  },
  {
    comment: 'MSK ID twice',
    flags: ['RepeatedPayload'],
    draft: (d) => replacing(d, 'EXT', keyIds([0, KEY_DOMAIN_ID], [1, MSK_ID], [1, MSK_ID])),
  },
  {
    comment: 'Key Number 0 with a key',
    flags: ['UnknownValue'],
    draft: (d) => replacing(d, 'EXT', keyIds([0, KEY_DOMAIN_ID], [1, octets('00010000')])),
  },
  {
    comment: 'NULL encryption of the key data',
    result: 'acceptable',
    flags: ['Unverified'],
    draft: (d) => ({ ...d, encrAlg: 0 }),
  },
  {
    comment: 'encryption algorithm 3',
    flags: ['UnknownValue'],
    covered: (o, at) => replaced(o, at('KEMAC', 'Encr alg'), uint(1, 3)),
  },
  lengthOf('KEMAC', 'Encr data len', 2, 25),
  lengthOf('KEMAC', 'Encr data len', 2, 27),
  lengthOf('KEMAC', 'Encr data len', 2, 0xffff),
  {
    comment: 'no key data, V-bit set',
    flags: ['MissingPayload'],
    draft: (d) => ({ ...d, keyData: new Uint8Array(0), encrAlg: 0 }),
  },
  wrongKeyData('key data: MSK of 15 octets', keyData(0, 2, MSK.subarray(1), interval(0, 1))),
  wrongKeyData('key data: MSK of 32 octets', keyData(0, 2, concat(MSK, MSK), interval(0, 1))),
  wrongKeyData('key data: no MSK', keyData(0, 2, new Uint8Array(0), interval(0, 1))),
  wrongKeyData('key data: key length beyond its end', concat(octets('00020011'), MSK)),
  wrongKeyData('key data: no validity', keyData(0, 0, MSK, new Uint8Array(0)), 'invalid'),
  wrongKeyData('key data: an SPI as validity', keyData(0, 1, MSK, octets('0401020304'))),
  wrongKeyData('key data: KV type 3', keyData(0, 3, MSK, interval(0, 1))),
  wrongKeyData('key data: key type 4', keyData(4, 2, MSK, interval(0, 1))),
  wrongKeyData(
    'key data: ends of validity of 5 octets',
    keyData(0, 2, MSK, interval(0, 1, 5)),
    'acceptable',
    ['Unverified'],
  ),
  wrongKeyData(
    'key data: ends of validity of 4 octets',
    keyData(0, 2, MSK, interval(0x10, 0xfff, 4)),
    'acceptable',
    ['Unverified'],
  ),
  wrongKeyData(
    'key data: ends of validity of 1 octet',
    keyData(0, 2, MSK, interval(0x10, 0xff, 1)),
    'acceptable',
    ['Unverified'],
  ),
  wrongKeyData('key data: validity without its second end', keyData(0, 2, MSK, octets('020010'))),
  wrongKeyData('key data: one octet behind it', concat(keyData(0, 2, MSK, interval(0, 1)), uint(1, 0))),
  wrongKeyData('key data: next payload 5', replaced(keyData(0, 2, MSK, interval(0, 1)), 0, uint(1, 5))),
  wrongKeyData(
    'key data: two of them',
    concat(replaced(keyData(0, 2, MSK, interval(0, 1)), 0, uint(1, 20)), keyData(0, 2, MSK, interval(2, 3))),
  ),
  wrongKeyData('key data: a TEK in place of a TGK', keyData(2, 2, MSK, interval(0x10, 0xfff)), 'acceptable', [
    'Unverified',
  ]),
  wrongKeyData(
    'key data: SEQl above SEQu, which withdraws the MSK',
    keyData(0, 2, MSK, interval(1, 0)),
    'acceptable',
    ['Unverified'],
  ),
];

/** MSK messages (TS 33.246 §6.4.5.1), as a UE receives them. */
export function mskPushFile(): VectorFile {
  const { message } = seal(mskDraft());
  const tests = [
    mskTest('an MSK for download, verification requested', {}, []),
    mskTest('no verification requested', { vBit: false }, ['VBit']),
    mskTest('the highest counter', { counter: 0xffff_ffff }, ['Counter']),
    mskTest('a counter far above the last one', { counter: 0x8000_0000 }, ['Counter']),
    mskTest('CSB ID 0', { csbId: 0 }, []),
    mskTest('CSB ID ffffffff', { csbId: 0xffff_ffff }, []),
    mskTest('every MTK ID', { seql: 0, sequ: 0xffff }, []),
    mskTest('one MTK ID', { seql: 7, sequ: 7 }, []),
    mskTest('the highest MSK ID', { mskId: octets('ffffffff') }, []),
    mskTest('an MSK for a stream, with the map and the policy of SRTP', {}, [], streaming),
    ...[...COUNTERS, ...commonNeighbours('KEMAC'), ...MUK_NEIGHBOURS, ...MSK_NEIGHBOURS].map((each) =>
      testOf(mskDraft(), each),
    ),
    ...rulesOf(message.length),
  ];
  const group: TestGroup = { type: 'MikeyMskPush', source: MSK_SOURCE, receiver: RECEIVER, tests };
  return { title: 'MSK messages, BM-SC to UE', testGroups: [group] };
}

function pullTest(comment: string, values: Partial<Values>, flags: readonly string[]): Test {
  const draft = pullDraft(values);
  const { csbId, counter } = draft;
  const { message, intermediate } = seal(draft);
  const fields = { csbId, counter, rand: hex(RAND), keyDomainId: hex(KEY_DOMAIN_ID), keyGroup: 1 };
  return {
    comment,
    result: 'valid',
    flags: ['Canonical', ...flags],
    fields,
    intermediate,
    message: hex(message),
  };
}

const PULL_NEIGHBOURS: readonly Neighbour[] = [
  { comment: 'V-bit set', flags: ['VBit'], draft: (d) => ({ ...d, vBit: true }) },
  {
    comment: 'Key Number 2 and no key',
    flags: ['UnknownValue'],
    draft: (d) => replacing(d, 'EXT', keyIds([0, KEY_DOMAIN_ID], [1, MSK_ID])),
  },
  {
    comment: 'a key besides Key Number 0',
    flags: ['KeyData'],
    draft: (d) => ({ ...d, encrAlg: 1, keyData: keyData(0, 2, MSK, interval(0, 1)) }),
  },
  {
    comment: 'AES-CM over no octets',
    result: 'acceptable',
    flags: ['Unverified'],
    draft: (d) => ({ ...d, encrAlg: 1 }),
  },
  {
    comment: 'Encr data len 1, which is not so',
    flags: ['WrongLength'],
    covered: (o, at) => replaced(o, at('KEMAC', 'Encr data len'), uint(2, 1)),
  },
  { comment: 'V in place of KEMAC', flags: ['MissingPayload'], draft: (d) => ({ ...d, last: 'V' }) },
  {
    comment: 'no payload but T and KEMAC',
    flags: ['MissingPayload'],
    draft: (d) => ['RAND', 'IDi', 'IDr', 'EXT'].reduce((each, name) => without(name)(each), d),
  },
];

/** Solicited pulls (TS 33.246 §6.3.2.2.4), as a UE receives them. */
export function solicitedPullFile(): VectorFile {
  const { message } = seal(pullDraft());
  const tests = [
    pullTest('the current MSK of Key Group 1 is to be asked for', {}, []),
    pullTest('the highest counter', { counter: 0xffff_ffff }, ['Counter']),
    ...[...COUNTERS, ...commonNeighbours('KEMAC'), ...MUK_NEIGHBOURS, ...PULL_NEIGHBOURS].map((each) =>
      testOf(pullDraft(), each),
    ),
    ...rulesOf(message.length),
  ];
  const source = [...MSK_SOURCE, 'TS 33.246 §6.3.2.2.4'];
  const group: TestGroup = { type: 'MikeySolicitedPull', source, receiver: RECEIVER, tests };
  return { title: 'Solicited pulls, BM-SC to UE', testGroups: [group] };
}
