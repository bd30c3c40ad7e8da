import type { Test, TestGroup, VectorFile } from './data-set.ts';
import { type Draft, HEADER, identity, type KeyId, keyIds, seal, timestamp } from './mikey-draft.ts';
import { keyData } from './mikey-under-muk.ts';
import {
  commonNeighbours,
  keyIdNeighbours,
  lengthOf,
  type Neighbour,
  replacing,
  rulesOf,
  testOf,
  without,
} from './neighbours.ts';
import { ascii, concat, flipped, hex, octets, replaced, uint } from './octets.ts';
import {
  B_TID,
  COUNTER,
  CSB_ID,
  KEY_DOMAIN_ID,
  MSK,
  MSK_ID,
  MTK,
  MTK_SALT,
  MUK,
  NAF_ID,
  RAND,
} from './test-keys.ts';

const UE_ID = ascii(B_TID);
const covering = (...parts: readonly Uint8Array[]) => concat(...parts);

/** The draft of a verification message that answers the MSK message of these test keys. */
export function verificationDraft(counter = COUNTER, csbId = CSB_ID): Draft {
  return {
    ...HEADER,
    ...{ dataType: 1, csbId, counter, psk: MUK, rand: RAND },
    payloads: [timestamp(counter), identity('IDr', 0, UE_ID)],
    last: 'V',
    keyData: new Uint8Array(0),
    encrAlg: 0,
    macAlg: 1,
    alsoCovered: covering(NAF_ID, UE_ID, uint(4, counter)),
  };
}

const VERIFICATION_NEIGHBOURS: readonly Neighbour[] = [
  { comment: 'a counter that was not sent', flags: ['Counter'], draft: () => verificationDraft(COUNTER + 1) },
  {
    comment: 'a CSB ID that was not sent',
    flags: ['OtherAddressee'],
    draft: () => verificationDraft(COUNTER, CSB_ID + 1),
  },
  {
    comment: 'MAC over the message alone',
    flags: ['WrongMac'],
    draft: (d) => ({ ...d, alsoCovered: new Uint8Array(0) }),
  },
  {
    comment: 'MAC over the message, IDi and IDr, without the counter',
    flags: ['WrongMac'],
    draft: (d) => ({ ...d, alsoCovered: covering(NAF_ID, UE_ID) }),
  },
  {
    comment: 'MAC with the counter in 8 octets',
    result: 'acceptable',
    flags: ['WrongMac', 'Unverified'],
    draft: (d) => ({ ...d, alsoCovered: covering(NAF_ID, UE_ID, uint(8, COUNTER)) }),
  },
  {
    comment: 'MAC with IDr before IDi',
    flags: ['WrongMac'],
    draft: (d) => ({ ...d, alsoCovered: covering(UE_ID, NAF_ID, uint(4, COUNTER)) }),
  },
  { comment: 'data type 0', flags: ['UnknownValue'], draft: (d) => ({ ...d, dataType: 0 }) },
  { comment: 'no IDr', flags: ['MissingPayload'], draft: without('IDr') },
  {
    comment: 'IDr of another UE',
    flags: ['OtherAddressee'],
    covered: (o, at) => flipped(o, at('IDr', 'ID data')),
  },
  lengthOf('IDr', 'ID len', 2, 37),
  lengthOf('IDr', 'ID len', 2, 39),
  { comment: 'KEMAC in place of V', flags: ['MissingPayload'], draft: (d) => ({ ...d, last: 'KEMAC' }) },
  {
    comment: 'IDi before IDr',
    result: 'acceptable',
    flags: ['Unverified'],
    draft: (d) => ({
      ...d,
      payloads: [d.payloads, identity('IDi', 1, NAF_ID)]
        .flat()
        .sort((a, b) => ['T', 'IDi', 'IDr'].indexOf(a.name) - ['T', 'IDi', 'IDr'].indexOf(b.name)),
    }),
  },
  {
    comment: 'V-bit set in the answer',
    result: 'acceptable',
    flags: ['VBit'],
    draft: (d) => ({ ...d, vBit: true }),
  },
];

/** Verification messages (TS 33.246 §6.4.5.2), as a BM-SC receives them. */
export function verificationFile(): VectorFile {
  const { message, intermediate } = seal(verificationDraft());
  const good: Test = {
    comment: 'the answer to the MSK message',
    result: 'valid',
    flags: ['Canonical'],
    intermediate,
    message: hex(message),
  };
  const neighbours = [...commonNeighbours('V'), ...VERIFICATION_NEIGHBOURS];
  const tests = [
    good,
    ...neighbours.map((each) => testOf(verificationDraft(), each)),
    ...rulesOf(message.length),
  ];
  const sent = {
    muk: hex(MUK),
    csbId: CSB_ID,
    rand: hex(RAND),
    counter: COUNTER,
    idi: hex(NAF_ID),
    idr: hex(UE_ID),
  };
  const source = ['RFC 3830 §3.1, §5.2, §5.3, §6.9', 'TS 33.246 §6.4.5.2'];
  const group: TestGroup = { type: 'MikeyVerification', source, receiver: sent, tests };
  return { title: 'Verification messages, UE to BM-SC', testGroups: [group] };
}

/** What the UE holds: an MSK for MTK IDs 0010 to 0fff; the last it used is 001f, in a message of counter 7. */
const HELD = { seql: 0x0010, sequ: 0x0fff, lastMtkId: 0x001f, lastCounter: 7 };

interface MtkValues {
  readonly mtkId: number;
  readonly counter: number;
  readonly salt?: Uint8Array;
}

/** The draft of an MTK message. */
export function mtkDraft({ mtkId, counter, salt }: MtkValues = { mtkId: 0x20, counter: 8 }): Draft {
  const rest = salt === undefined ? new Uint8Array(0) : concat(uint(2, salt.length), salt);
  return {
    ...HEADER,
    ...{ csbId: CSB_ID, counter, psk: MSK, rand: RAND },
    payloads: [timestamp(counter), keyIds([0, KEY_DOMAIN_ID], [1, MSK_ID], [2, uint(2, mtkId)])],
    last: 'KEMAC',
    keyData: keyData(salt === undefined ? 2 : 3, 0, MTK, rest),
    encrAlg: 1,
    macAlg: 1,
    alsoCovered: new Uint8Array(0),
  };
}

function mtkTest(comment: string, values: MtkValues): Test {
  const { message, intermediate } = seal(mtkDraft(values));
  const salt = values.salt === undefined ? {} : { salt: hex(values.salt) };
  return {
    comment,
    result: 'valid',
    flags: ['Canonical'],
    fields: { csbId: CSB_ID, counter: values.counter, mtkId: values.mtkId, mtk: hex(MTK), ...salt },
    intermediate,
    message: hex(message),
  };
}

const withIds =
  (...ids: readonly KeyId[]) =>
  (draft: Draft) =>
    replacing(draft, 'EXT', keyIds(...ids));
const withMtkId = (mtkId: number) => () => mtkDraft({ mtkId, counter: 8 });

const MTK_NEIGHBOURS: readonly Neighbour[] = [
  {
    comment: 'the counter of the MTK message before',
    flags: ['Replay', 'Counter'],
    draft: () => mtkDraft({ mtkId: 0x20, counter: 7 }),
  },
  { comment: 'counter 0', flags: ['Replay', 'Counter'], draft: () => mtkDraft({ mtkId: 0x20, counter: 0 }) },
  { comment: 'the MTK ID used last: it brings no key', flags: ['Replay'], draft: withMtkId(0x1f) },
  { comment: 'a lower MTK ID: it brings no key', flags: ['Replay'], draft: withMtkId(0x10) },
  { comment: 'an MTK ID below the validity of the MSK', flags: ['Replay'], draft: withMtkId(0x0f) },
  { comment: 'an MTK ID above the validity of the MSK', flags: ['Replay'], draft: withMtkId(0x1000) },
  {
    comment: 'another MSK ID',
    flags: ['OtherAddressee'],
    draft: withIds([0, KEY_DOMAIN_ID], [1, octets('00010003')], [2, uint(2, 0x20)]),
  },
  {
    comment: 'another Key Domain ID',
    flags: ['OtherAddressee'],
    draft: withIds([0, octets('00f120')], [1, MSK_ID], [2, uint(2, 0x20)]),
  },
  { comment: 'no MTK ID', flags: ['MissingPayload'], draft: withIds([0, KEY_DOMAIN_ID], [1, MSK_ID]) },
  { comment: 'no MSK ID', flags: ['MissingPayload'], draft: withIds([0, KEY_DOMAIN_ID], [2, uint(2, 0x20)]) },
  {
    comment: 'MTK ID of 1 octet',
    flags: ['WrongLength'],
    draft: withIds([0, KEY_DOMAIN_ID], [1, MSK_ID], [2, uint(1, 0x20)]),
  },
  {
    comment: 'MTK ID of 4 octets',
    flags: ['WrongLength'],
    draft: withIds([0, KEY_DOMAIN_ID], [1, MSK_ID], [2, uint(4, 0x20)]),
  },
  {
    comment: 'encryption algorithm 3',
    flags: ['UnknownValue'],
    covered: (o, at) => replaced(o, at('KEMAC', 'Encr alg'), uint(1, 3)),
  },
  lengthOf('KEMAC', 'Encr data len', 2, 19),
  lengthOf('KEMAC', 'Encr data len', 2, 0xffff),
  { comment: 'no key data', flags: ['MissingPayload'], draft: (d) => ({ ...d, keyData: new Uint8Array(0) }) },
  {
    comment: 'key data: a TGK',
    flags: ['KeyData'],
    draft: (d) => ({ ...d, keyData: keyData(0, 0, MTK, new Uint8Array(0)) }),
  },
  {
    comment: 'key data: MTK of 15 octets',
    flags: ['KeyData'],
    draft: (d) => ({ ...d, keyData: keyData(2, 0, MTK.subarray(1), new Uint8Array(0)) }),
  },
  {
    comment: 'key data: salt length beyond its end',
    flags: ['KeyData'],
    draft: (d) => ({ ...d, keyData: keyData(3, 0, MTK, octets('000e00')) }),
  },
  {
    comment: 'key data: one octet behind it',
    flags: ['KeyData'],
    draft: (d) => ({ ...d, keyData: concat(d.keyData, uint(1, 0)) }),
  },
  {
    comment: 'NULL encryption of the key data',
    result: 'acceptable',
    flags: ['Unverified'],
    draft: (d) => ({ ...d, encrAlg: 0 }),
  },
  {
    comment: 'V-bit set, to all UEs',
    result: 'acceptable',
    flags: ['VBit'],
    draft: (d) => ({ ...d, vBit: true }),
  },
];

/** MTK messages (TS 33.246 §6.4.5.3), as a UE that holds the MSK receives them. */
export function mtkFile(): VectorFile {
  const { message } = seal(mtkDraft());
  const tests = [
    mtkTest('an MTK for download', { mtkId: 0x20, counter: 8 }),
    mtkTest('an MTK with a salt, for SRTP', { mtkId: 0x20, counter: 8, salt: MTK_SALT }),
    mtkTest('the highest MTK ID of the MSK', { mtkId: 0x0fff, counter: 0xffff_ffff }),
    ...[...commonNeighbours('KEMAC'), ...keyIdNeighbours(), ...MTK_NEIGHBOURS].map((each) =>
      testOf(mtkDraft(), each),
    ),
    ...rulesOf(message.length),
  ];
  const receiver = {
    msk: hex(MSK),
    rand: hex(RAND),
    keyDomainId: hex(KEY_DOMAIN_ID),
    mskId: hex(MSK_ID),
    ...HELD,
  };
  const source = ['RFC 3830 §4.1.4, §5.2, §6', 'RFC 4563 §2, §4', 'TS 33.246 §6.4.5.3, §6.5'];
  const group: TestGroup = { type: 'MikeyMtk', source, receiver, tests };
  return { title: 'MTK messages, to all UEs that hold the MSK', testGroups: [group] };
}
