import type { Result, Test } from './data-set.ts';
import { type Draft, extension, type Payload, rand, seal, TYPE } from './mikey-draft.ts';
import { concat, flipped, hex, replaced, uint } from './octets.ts';

/** The octet at which a field stands. */
type At = (payload: string, name: string) => number;

/** A message that differs from a good one in one thing. */
export interface Neighbour {
  readonly comment: string;
  readonly flags: readonly string[];
  /** Invalid, unless it says otherwise. */
  readonly result?: Result;
  readonly draft?: (draft: Draft) => Draft;
  /** Changes octets that the MAC covers, so that it is right. */
  readonly covered?: (octets: Uint8Array, at: At) => Uint8Array;
  /** Changes octets of the whole message; the MAC stays. */
  readonly message?: (octets: Uint8Array, at: At) => Uint8Array;
  /** Members of the test besides. */
  readonly members?: Readonly<Record<string, unknown>>;
}

/** The test of a neighbour of `base`. */
export function testOf(base: Draft, neighbour: Neighbour): Test {
  const { comment, flags, result = 'invalid', members = {} } = neighbour;
  const draft = neighbour.draft?.(base) ?? base;
  const { fields } = seal(draft);
  const at: At = (payload, name) => {
    const found = fields.find((field) => field.payload === payload && field.name === name);
    if (found === undefined) throw new Error(`${comment}: no ${payload} ${name}`);
    return found.at;
  };
  const { message } = seal(draft, (octets) => neighbour.covered?.(octets, at) ?? octets);
  return { comment, result, flags, message: hex(neighbour.message?.(message, at) ?? message), ...members };
}

/**
 * Rules that make many inputs of the message of another test: every beginning of it, and each with one bit
 * changed. None may be taken.
 */
export function rulesOf(length: number, of = 1): Test[] {
  return [
    {
      comment: 'the message cut to every shorter length',
      result: 'invalid',
      flags: ['Truncated'],
      rule: { of, truncateTo: { from: 0, to: length - 1 } },
    },
    {
      comment: 'each single bit of the message flipped',
      result: 'invalid',
      flags: ['WrongMac'],
      rule: { of, flipBit: { from: 0, to: 8 * length - 1 } },
    },
  ];
}

/** What is wrong with any message, whatever it carries. */
export function commonNeighbours(last: 'KEMAC' | 'V'): readonly Neighbour[] {
  const algorithm = last === 'V' ? 'Auth alg' : 'MAC alg';
  const header = (name: string, value: number): Neighbour['covered'] => {
    return (octets, at) => replaced(octets, at('HDR', name), uint(1, value));
  };
  const wrong = (comment: string, flag: string, covered: Neighbour['covered']): Neighbour => ({
    comment,
    flags: [flag],
    ...(covered === undefined ? {} : { covered }),
  });
  return [
    {
      comment: 'MAC of zeros',
      flags: ['WrongMac'],
      message: (m) => replaced(m, m.length - 20, new Uint8Array(20)),
    },
    {
      comment: 'MAC under another key',
      flags: ['WrongMac', 'OtherAddressee'],
      draft: (d) => ({ ...d, psk: flipped(d.psk, 0) }),
    },
    {
      comment: 'keys from another RAND',
      flags: ['WrongMac'],
      draft: (d) => ({ ...d, rand: flipped(d.rand, 15) }),
    },
    { comment: 'NULL MAC algorithm, no MAC', flags: ['NoMac'], draft: (d) => ({ ...d, macAlg: 0 }) },
    {
      comment: 'NULL MAC algorithm, 20 octets behind it',
      flags: ['NoMac', 'TrailingOctets'],
      message: (m, at) => replaced(m, at(last, algorithm), uint(1, 0)),
    },
    wrong('MAC algorithm 2', 'UnknownValue', (o, at) => replaced(o, at(last, algorithm), uint(1, 2))),
    { comment: 'one octet behind the MAC', flags: ['TrailingOctets'], message: (m) => concat(m, uint(1, 0)) },
    wrong('version 0', 'UnknownValue', header('Version', 0)),
    wrong('version 2', 'UnknownValue', header('Version', 2)),
    wrong('data type 2, of public keys', 'UnknownValue', header('Data type', 2)),
    wrong('data type 6, an error message', 'UnknownValue', header('Data type', 6)),
    wrong('data type 255', 'UnknownValue', header('Data type', 255)),
    wrong('PRF function 1', 'UnknownValue', header('V, PRF func', 1)),
    wrong('CS ID map type 2', 'UnknownValue', header('CS ID map type', 2)),
    wrong('one CS in an empty map', 'WrongLength', header('#CS', 1)),
    wrong('SRTP-ID map with one CS that is not there', 'WrongLength', (o, at) =>
      replaced(replaced(o, at('HDR', '#CS'), uint(1, 1)), at('HDR', 'CS ID map type'), uint(1, 0)),
    ),
    wrong('first payload of type 22, which nobody knows', 'UnknownPayload', header('Next payload', 22)),
    wrong('first payload said to be the last', 'TrailingOctets', header('Next payload', 0)),
    { comment: 'no T', flags: ['MissingPayload'], draft: without('T') },
    { comment: 'T twice', flags: ['RepeatedPayload'], draft: twice('T') },
    wrong('TS type 3', 'UnknownValue', (o, at) => replaced(o, at('T', 'TS type'), uint(1, 3))),
    {
      comment: 'TS type 0, an NTP time of 8 octets',
      flags: ['Counter'],
      draft: (d) =>
        replacing(d, 'T', {
          fields: [
            ['TS type', uint(1, 0)],
            ['TS value', uint(8, d.counter)],
          ],
        }),
    },
    {
      comment: 'a payload of type 13 of 4 octets',
      flags: ['UnknownPayload'],
      draft: adding({ name: 'X', type: 13, fields: [['Data', uint(3, 0)]] }),
    },
    {
      comment: 'a certificate',
      flags: ['UnknownPayload'],
      draft: adding({
        name: 'CERT',
        type: TYPE.CERT,
        fields: [['Cert', concat(uint(1, 1), uint(2, 1), uint(1, 0))]],
      }),
    },
  ];
}

/** What is wrong with RAND, ID and EXT in a message from the BM-SC under a MUK. */
export const MUK_NEIGHBOURS: readonly Neighbour[] = [
  { comment: 'no RAND', flags: ['MissingPayload'], draft: without('RAND') },
  { comment: 'RAND twice', flags: ['RepeatedPayload'], draft: twice('RAND') },
  lengthOf('RAND', 'RAND len', 1, 15),
  lengthOf('RAND', 'RAND len', 1, 255),
  {
    comment: 'RAND of 8 octets: it should have 16',
    result: 'acceptable',
    flags: ['WrongLength'],
    draft: (d) => replacing({ ...d, rand: d.rand.subarray(0, 8) }, 'RAND', rand(d.rand.subarray(0, 8))),
  },
  { comment: 'no IDi', flags: ['MissingPayload'], draft: without('IDi') },
  { comment: 'no IDr', flags: ['MissingPayload'], draft: without('IDr') },
  { comment: 'IDr twice', flags: ['RepeatedPayload'], draft: twice('IDr') },
  lengthOf('IDi', 'ID len', 2, 18),
  lengthOf('IDr', 'ID len', 2, 0xffff),
  {
    comment: 'IDi of another BM-SC',
    flags: ['OtherAddressee'],
    covered: (o, at) => flipped(o, at('IDi', 'ID data')),
  },
  {
    comment: 'IDr of another UE',
    flags: ['OtherAddressee'],
    covered: (o, at) => flipped(o, at('IDr', 'ID data')),
  },
  {
    comment: 'ID type 2, byte string, of IDi',
    result: 'acceptable',
    flags: ['Unverified'],
    covered: (o, at) => replaced(o, at('IDi', 'ID type'), uint(1, 2)),
  },
  {
    comment: 'RAND behind the identities',
    result: 'acceptable',
    flags: ['Order'],
    draft: moved('RAND', 'IDr'),
  },
  { comment: 'T behind RAND', result: 'acceptable', flags: ['Order'], draft: moved('T', 'RAND') },
  ...keyIdNeighbours(),
];

/** What is wrong with the Key IDs of RFC 4563. */
export function keyIdNeighbours(): Neighbour[] {
  return [
    { comment: 'no Key ID extension', flags: ['MissingPayload'], draft: without('EXT') },
    { comment: 'Key ID extension twice', flags: ['RepeatedPayload'], draft: twice('EXT') },
    lengthOf('EXT', 'Length', 2, 10),
    lengthOf('EXT', 'Length', 2, 0xffff),
    {
      comment: 'Key ID length of the Key Domain ID is 2',
      flags: ['WrongLength'],
      covered: (o, at) => replaced(o, at('EXT', 'Key ID length'), uint(1, 2)),
    },
    {
      comment: 'Key ID type 3, which nobody knows',
      result: 'acceptable',
      flags: ['UnknownValue', 'Unverified'],
      covered: (o, at) => replaced(o, at('EXT', 'Key ID type'), uint(1, 3)),
    },
    {
      comment: 'an extension of type 200 besides',
      result: 'acceptable',
      flags: ['UnknownValue'],
      draft: adding(extension(200, uint(4, 1))),
    },
  ];
}

/** Says another length than there is. */
function lengthOf(payload: string, name: string, octets: number, value: number): Neighbour {
  return {
    comment: `${payload}: ${name} ${value}, which is not so`,
    flags: ['WrongLength'],
    covered: (o, at) => replaced(o, at(payload, name), uint(octets, value)),
  };
}

export { lengthOf };

export function without(name: string): (draft: Draft) => Draft {
  return (draft) => ({ ...draft, payloads: draft.payloads.filter((each) => each.name !== name) });
}

export function twice(name: string): (draft: Draft) => Draft {
  return (draft) => ({
    ...draft,
    payloads: draft.payloads.flatMap((each) => (each.name === name ? [each, each] : [each])),
  });
}

export function adding(payload: Payload): (draft: Draft) => Draft {
  return (draft) => ({ ...draft, payloads: [...draft.payloads, payload] });
}

export function replacing(draft: Draft, name: string, by: Partial<Payload>): Draft {
  return {
    ...draft,
    payloads: draft.payloads.map((each) => (each.name === name ? { ...each, ...by } : each)),
  };
}

/** Puts a payload behind another. */
function moved(name: string, behind: string): (draft: Draft) => Draft {
  return (draft) => {
    const payload = draft.payloads.filter((each) => each.name === name);
    const others = draft.payloads.filter((each) => each.name !== name);
    return {
      ...draft,
      payloads: others.flatMap((each) => (each.name === behind ? [each, ...payload] : [each])),
    };
  };
}
