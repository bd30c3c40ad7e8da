import { PayloadError } from './errors.ts';
import type { PayloadProfile } from './payload-profile.ts';

/** The numbers of HTTP that stand for the members of `responseCodes`, whatever these are on the wire. */
export const RESPONSE_CODE = { granted: 200, forbidden: 403, unknown: 404 } as const;

const MEMBERS = ['granted', 'forbidden', 'unknown'] as const;

/** The text of a code: that of the profile, or three digits. @throws PayloadError `bad-content` */
export function encodeResponseCode(code: number, { responseCodes }: PayloadProfile): string {
  const member = MEMBERS.find((each) => RESPONSE_CODE[each] === code);
  return member === undefined ? String(statusOf(String(code))) : responseCodes[member];
}

/**
 * The number of a code: one that stands for a text of the profile, or the three digits of another one.
 * @throws PayloadError `bad-content`
 */
export function decodeResponseCode(text: string, { responseCodes }: PayloadProfile): number {
  const member = MEMBERS.find((each) => responseCodes[each] === text);
  if (member !== undefined) return RESPONSE_CODE[member];
  const status = statusOf(text);
  if (!Object.values<number>(RESPONSE_CODE).includes(status)) return status;
  throw new PayloadError('bad-content', `the responseCode ${text} is none of this payload profile`);
}

function statusOf(text: string): number {
  if (!/^[1-5][0-9]{2}$/.test(text)) throw new PayloadError('bad-content', 'a responseCode has three digits');
  return Number(text);
}
