/**
 * A place where a request is otherwise than the payload profile says, for the person who mends the profile.
 */
export interface PayloadMismatch {
  /** The member of the profile, such as `mskRequest.item`: one of `MISMATCH_MEMBERS`. */
  readonly member: string;
  readonly expected: string;
  /**
   * What came in its place: names, or a description of a value; never a value. At most 8 of 64 characters.
   */
  readonly came: readonly string[];
}

/** The members of a profile that a request can be otherwise than. */
export const MISMATCH_MEMBERS = [
  'requestType',
  'requestBody',
  'identifiers',
  ...['register', 'deregister', 'mskRequest'].flatMap((name) =>
    ['mediaType', 'root', 'item', ...(name === 'mskRequest' ? ['keyDomainId', 'mskId'] : ['serviceId'])].map(
      (member) => `${name}.${member}`,
    ),
  ),
];

/** Names that a mismatch repeats at most, and characters of each. */
export const MAX_SHOWN = 8;
const MAX_NAME = 64;

/**
 * What a UE has written, for a log: at most 64 characters, letters, digits, blanks and the signs of names,
 * media types and namespaces as they are, and a question mark for each other one.
 */
export function shown(text: string): string {
  // A character has at most two units.
  const characters = [...text.slice(0, 2 * MAX_NAME + 2)];
  const cut = characters
    .slice(0, MAX_NAME)
    .map((each) => (/^[\p{L}\p{N} ._:/+{}@#-]$/u.test(each) ? each : '?'));
  return characters.length > MAX_NAME ? `${cut.join('')}…` : cut.join('');
}

/** A mismatch at a member; what came is made fit for a log. */
export function mismatchAt(member: string, expected: string, came: readonly string[]): PayloadMismatch {
  return { member, expected, came: [...new Set(came)].slice(0, MAX_SHOWN).map(shown) };
}

/** What a value looks like: its length and alphabet, and nothing of it. */
export function describeText(text: string): string {
  const alphabet =
    text === ''
      ? 'no characters'
      : /^[0-9]+$/.test(text)
        ? 'decimal digits'
        : /^[0-9a-fA-F]+$/.test(text)
          ? 'hexadecimal digits'
          : /^[A-Za-z0-9+/=\s]+$/.test(text)
            ? 'characters of Base64'
            : 'characters';
  return text === '' ? alphabet : `${text.length} ${alphabet}`;
}
