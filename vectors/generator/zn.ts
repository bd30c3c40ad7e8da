import {
  type Avp,
  avp,
  bootstrappingInfoAnswer,
  bootstrappingInfoAvps,
  bootstrappingInfoHeader,
  type DiameterMessage,
  EXPERIMENTAL_RESULT_CODE,
  encodeMessage,
  VENDOR,
} from '../../lib/diameter/index.ts';
import { SecretKey } from '../../lib/keys/index.ts';
import type { Test, TestGroup, VectorFile } from './data-set.ts';
import { rulesOf } from './neighbours.ts';
import { concat, hex, replaced, uint } from './octets.ts';
import { B_TID, BSF_NAME, IMPI, MUK, NAF_FQDN, NAF_ID } from './test-keys.ts';

const REALM = 'home1.net';
const SESSION_ID = `${NAF_FQDN};1;1`;
const IDS = { hopByHop: 1, endToEnd: 2 };
const KS_INT_NAF = '6b520a0bc99cf6b0e3aa0792c71274e2358eadd933ff1fad717af96c4b5810e2';
const SOURCE = ['RFC 6733 §3, §4, §7', 'TS 29.109 §5.2, §6.2, §6.3'];

const REQUEST = {
  ...{ sessionId: SESSION_ID, origin: { host: NAF_FQDN, realm: REALM }, destinationRealm: REALM },
  ...{ destinationHost: BSF_NAME, gsIds: [4], bTid: B_TID, nafId: NAF_ID, isGbaUAware: true },
};
const BIR: DiameterMessage = {
  header: bootstrappingInfoHeader(IDS, false),
  avps: bootstrappingInfoAvps(REQUEST),
};

const EXPIRES = '2036-02-08T00:00:00Z';
const CREATED = '2036-02-06T00:00:00Z';
const INFO = {
  ...{
    impi: IMPI,
    meKeyMaterial: new SecretKey(MUK),
    uiccKeyMaterial: new SecretKey(Buffer.from(KS_INT_NAF, 'hex')),
  },
  ...{ expiresAt: Date.parse(EXPIRES), bootstrappedAt: Date.parse(CREATED), gbaType: '3G_GBA' as const },
  userSecuritySettings: [],
};
const BIA = bootstrappingInfoAnswer(BIR, { host: BSF_NAME, realm: REALM }, { kind: 'found', info: INFO });

/** The code of an AVP without its vendor, by which tests leave it out. */
const CODE = {
  sessionId: 263,
  application: 260,
  realm: 283,
  host: 264,
  originRealm: 296,
  resultCode: 268,
  bTid: 401,
  nafId: 402,
  meKey: 405,
  uiccKey: 406,
  expiry: 404,
} as const;

interface Edited {
  readonly comment: string;
  readonly flags: readonly string[];
  readonly result?: Test['result'];
  readonly avps?: (avps: readonly Avp[]) => readonly Avp[];
  readonly octets?: (octets: Uint8Array) => Uint8Array;
}

const lacking = (code: number) => (avps: readonly Avp[]) => avps.filter((each) => each.code !== code);
const twice = (code: number) => (avps: readonly Avp[]) =>
  avps.flatMap((each) => (each.code === code ? [each, each] : [each]));
const withData = (code: number, data: Uint8Array) => (avps: readonly Avp[]) =>
  avps.map((each) => (each.code === code ? { ...each, data } : each));
const unknown = (isMandatory: boolean): Avp => ({
  code: 4999,
  vendor: VENDOR['3GPP'],
  isMandatory,
  data: uint(4, 1),
});
const adding = (extra: Avp) => (avps: readonly Avp[]) => [...avps, extra];

function testOf(
  message: DiameterMessage,
  { comment, flags, result = 'invalid', avps, octets }: Edited,
): Test {
  const made = encodeMessage({ ...message, avps: avps?.(message.avps) ?? message.avps });
  return { comment, result, flags, message: hex(octets?.(made) ?? made) };
}

/** What is wrong with a message whatever its command is. */
const HEADER_NEIGHBOURS: readonly Edited[] = [
  { comment: 'version 2', flags: ['UnknownValue'], octets: (o) => replaced(o, 0, uint(1, 2)) },
  {
    comment: 'message length one word too short',
    flags: ['WrongLength'],
    octets: (o) => replaced(o, 1, uint(3, o.length - 4)),
  },
  {
    comment: 'message length one word too long',
    flags: ['WrongLength'],
    octets: (o) => replaced(o, 1, uint(3, o.length + 4)),
  },
  {
    comment: 'message length no multiple of 4',
    flags: ['WrongLength'],
    octets: (o) => replaced(o, 1, uint(3, o.length + 1)),
  },
  {
    comment: 'message length 16, shorter than a header',
    flags: ['WrongLength'],
    octets: (o) => replaced(o, 1, uint(3, 16)),
  },
  { comment: 'another command', flags: ['UnknownValue'], octets: (o) => replaced(o, 5, uint(3, 303)) },
  {
    comment: 'AVP length 0 of the first AVP',
    flags: ['WrongLength'],
    octets: (o) => replaced(o, 25, uint(3, 0)),
  },
  {
    comment: 'AVP length 7 of the first AVP',
    flags: ['WrongLength'],
    octets: (o) => replaced(o, 25, uint(3, 7)),
  },
  {
    comment: 'AVP length of the first AVP beyond the message',
    flags: ['WrongLength'],
    octets: (o) => replaced(o, 25, uint(3, 0xffffff)),
  },
  {
    comment: 'an unknown AVP without the M flag',
    result: 'valid',
    flags: ['UnknownAvp'],
    avps: adding(unknown(false)),
  },
  { comment: 'an unknown AVP with the M flag', flags: ['UnknownAvp'], avps: adding(unknown(true)) },
  {
    comment: 'padding that is not zero',
    result: 'valid',
    flags: ['WrongLength'],
    octets: (o) => replaced(o, 46, uint(2, 0xffff)),
  },
  { comment: 'no Session-Id', flags: ['MissingAvp'], avps: lacking(CODE.sessionId) },
  { comment: 'Session-Id twice', flags: ['RepeatedPayload'], avps: twice(CODE.sessionId) },
];

const BIR_NEIGHBOURS: readonly Edited[] = [
  { comment: 'no Transaction-Identifier', flags: ['MissingAvp'], avps: lacking(CODE.bTid) },
  { comment: 'no NAF-Id', flags: ['MissingAvp'], avps: lacking(CODE.nafId) },
  { comment: 'no Vendor-Specific-Application-Id', flags: ['MissingAvp'], avps: lacking(CODE.application) },
  { comment: 'no Origin-Host', flags: ['MissingAvp'], avps: lacking(CODE.host) },
  { comment: 'no Destination-Realm', flags: ['MissingAvp'], avps: lacking(CODE.realm) },
  { comment: 'Transaction-Identifier twice', flags: ['RepeatedPayload'], avps: twice(CODE.bTid) },
  {
    comment: 'an Origin-Host with a blank',
    flags: ['UnknownValue'],
    avps: withData(CODE.host, Buffer.from('a b')),
  },
  {
    comment: 'an answer in place of a request',
    flags: ['UnknownValue'],
    octets: (o) => replaced(o, 4, uint(1, 0x40)),
  },
  {
    comment: 'no GBA_U-Awareness-Indicator: the NAF does not know GBA_U',
    result: 'valid',
    flags: ['UnknownAvp'],
    avps: lacking(407),
  },
];

const BIA_NEIGHBOURS: readonly Edited[] = [
  { comment: 'no ME-Key-Material', flags: ['MissingAvp'], avps: lacking(CODE.meKey) },
  {
    comment: 'ME-Key-Material of 31 octets',
    flags: ['WrongLength'],
    avps: withData(CODE.meKey, MUK.subarray(1)),
  },
  {
    comment: 'ME-Key-Material of 33 octets',
    flags: ['WrongLength'],
    avps: withData(CODE.meKey, concat(MUK, uint(1, 0))),
  },
  {
    comment: 'UICC-Key-Material of 16 octets',
    flags: ['WrongLength'],
    avps: withData(CODE.uiccKey, MUK.subarray(16)),
  },
  { comment: 'ME-Key-Material twice', flags: ['RepeatedPayload'], avps: twice(CODE.meKey) },
  { comment: 'no result', flags: ['MissingAvp'], avps: lacking(CODE.resultCode) },
  { comment: 'Key-ExpiryTime of 3 octets', flags: ['WrongLength'], avps: withData(CODE.expiry, uint(3, 1)) },
  {
    comment: 'another Session-Id',
    flags: ['OtherAddressee'],
    avps: withData(CODE.sessionId, Buffer.from(`${NAF_FQDN};1;2`)),
  },
  {
    comment: 'a request in place of an answer',
    flags: ['UnknownValue'],
    octets: (o) => replaced(o, 4, uint(1, 0xc0)),
  },
];

const KEYS = { meKeyMaterial: hex(MUK), uiccKeyMaterial: KS_INT_NAF };

/** Bootstrapping-Info of Zn: the request as a BSF receives it, the answer as a NAF does. */
export function znFile(): VectorFile {
  const [request, answer] = [encodeMessage(BIR), encodeMessage(BIA)];
  const { origin, nafId, ...members } = REQUEST;
  const asked = { ...members, originHost: origin.host, originRealm: origin.realm, nafId: hex(nafId) };
  const told = { impi: IMPI, ...KEYS, expiryTime: EXPIRES, bootstrapInfoCreationTime: CREATED, gbaType: 0 };
  const refusals = Object.entries(EXPERIMENTAL_RESULT_CODE).map(([name, code]): Test => {
    const result = { kind: 'experimental', vendor: VENDOR['3GPP'], code } as const;
    const made = bootstrappingInfoAnswer(BIR, { host: BSF_NAME, realm: REALM }, { kind: 'refused', result });
    return {
      comment: `refused: ${name}`,
      result: 'valid',
      flags: ['Canonical'],
      message: hex(encodeMessage(made)),
      fields: { experimentalResult: code },
    };
  });
  const good = (comment: string, message: Uint8Array, fields: object): Test => ({
    comment,
    result: 'valid',
    flags: ['Canonical'],
    fields: { ...IDS, ...fields },
    message: hex(message),
  });
  const both: readonly Edited[] = [
    {
      comment: 'Result-Code and Experimental-Result',
      flags: ['RepeatedPayload'],
      avps: adding(
        avp('Experimental-Result', [avp('Vendor-Id', VENDOR['3GPP']), avp('Experimental-Result-Code', 5403)]),
      ),
    },
  ];
  const truncated = (length: number) => rulesOf(length).slice(0, 1);
  const groups: TestGroup[] = [
    {
      type: 'ZnRequest',
      source: SOURCE,
      tests: [
        good('keys of GBA_U are asked for', request, asked),
        ...[...HEADER_NEIGHBOURS, ...BIR_NEIGHBOURS].map((each) => testOf(BIR, each)),
        ...truncated(request.length),
      ],
    },
    { type: 'ZnAnswer', source: SOURCE, sessionId: SESSION_ID, tests: [] },
  ];
  const answers = [
    good('keys of GBA_U', answer, told),
    ...refusals,
    ...[...HEADER_NEIGHBOURS, ...BIA_NEIGHBOURS, ...both].map((each) => testOf(BIA, each)),
  ];
  const [asking, answering] = groups;
  if (asking === undefined || answering === undefined) throw new Error('two groups');
  const firstAnswer = asking.tests.length + 1;
  const cut = truncated(answer.length).map((test) => ({
    ...test,
    rule: { of: firstAnswer, truncateTo: { from: 0, to: answer.length - 1 } },
  }));
  return {
    title: 'Bootstrapping-Info on Zn, in Diameter',
    testGroups: [asking, { ...answering, tests: [...answers, ...cut] }],
  };
}
