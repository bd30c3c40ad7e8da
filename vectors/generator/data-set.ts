/** What a receiver does with a test: takes it, refuses it, or may do either. */
export type Result = 'valid' | 'invalid' | 'acceptable';

/** A test before it has its number. Octets are hexadecimal, unless the name of a member says otherwise. */
export interface Test {
  readonly comment: string;
  readonly result: Result;
  readonly flags: readonly string[];
  readonly [member: string]: unknown;
}

/** Tests that share a type, a clause, and the state of the receiver. */
export interface TestGroup {
  readonly type: string;
  /** The clauses that the tests follow from. */
  readonly source: readonly string[];
  readonly tests: readonly Test[];
  readonly [member: string]: unknown;
}

/** One file of the data set. */
export interface VectorFile {
  readonly title: string;
  readonly testGroups: readonly TestGroup[];
}

/** What a flag means, by its name. */
export const FLAGS: Readonly<Record<string, string>> = {
  Canonical: 'Made by the encoder of this data set from the members of the test: an encoder makes the same.',
  Published: 'Inputs and outputs are published by the body that the source names.',
  WrongMac: 'The MAC is not the one that the receiver computes.',
  NoMac: 'The message has no MAC, or the NULL MAC.',
  Replay: 'The counter, MTK ID or nonce count is not above the last one accepted.',
  Counter: 'About the counter of the time stamp payload.',
  VBit: 'About the V-bit of the header.',
  WrongLength: 'A length field, or the length of a value, is not what it must be. The MAC is right.',
  Truncated: 'The message ends early.',
  TrailingOctets: 'Octets stand behind the end of the message.',
  UnknownPayload: 'A payload of a type that the method does not have: its length is unknown.',
  UnknownValue: 'A version, type or algorithm that nobody may know.',
  MissingPayload: 'A payload that must be there is not. The MAC is right.',
  RepeatedPayload: 'A payload that may come once comes twice. The MAC is right.',
  Order: 'About the order of payloads.',
  OtherAddressee: 'For another UE, from another BM-SC, or under another key.',
  KeyData: 'About the key data inside KEMAC. The MAC is right.',
  Unverified: 'The text of the clause was not at hand; a receiver that does otherwise may be right.',
  WrongOutput: 'An output that follows from a mistake which implementations make; the comment names it.',
  WrongResponse: 'The response does not cover what was sent.',
  BadHeader: 'The header breaks the grammar, lacks a parameter, or has a value that it may not have.',
  BadDocument: 'The document is not what the schema or XML asks for.',
  UnknownElement: 'Elements that the receiver does not know; it passes over them.',
  UnknownAvp: 'An AVP that the receiver does not know.',
  MissingAvp: 'An AVP that must be there is not.',
};

/** The text of a file: tests numbered, counted, and the flags that occur explained. */
export function textOf({ title, testGroups }: VectorFile): string {
  let tcId = 0;
  const groups = testGroups.map(({ type, source, tests, ...members }) => ({
    type,
    source,
    ...members,
    tests: tests.map((test) => ({ tcId: ++tcId, ...test })),
  }));
  const used = new Set(testGroups.flatMap(({ tests }) => tests.flatMap(({ flags }) => flags)));
  const notes = Object.fromEntries([...used].sort().map((flag) => [flag, meaningOf(flag)]));
  const file = { title, schema: 'vectors.schema.json', numberOfTests: tcId, notes, testGroups: groups };
  return `${JSON.stringify(file, null, 1)}\n`;
}

function meaningOf(flag: string): string {
  const meaning = FLAGS[flag];
  if (meaning === undefined) throw new Error(`the flag ${flag} has no meaning`);
  return meaning;
}
