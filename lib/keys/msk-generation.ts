import { CURRENT_KEY_NUMBER } from './msk-id.ts';
import { SecretKey } from './secret-key.ts';

/** Length of an MSK in octets. */
export const MSK_LENGTH = 16;

/**
 * What is sent under the ID of a revoked MSK: 16 zero octets, which are no key, with an empty validity. The
 * octets of the revoked MSK go to nobody (derived, docs/conformance.md).
 */
export const NO_MSK = new SecretKey(new Uint8Array(MSK_LENGTH));

const MAX_KEY_NUMBER = 0xffff;

/** A new MSK of 16 octets. `randomOctets` gives octets that nobody can foretell. */
export function newMsk(randomOctets: (length: number) => Uint8Array): SecretKey {
  const octets = randomOctets(MSK_LENGTH);
  const msk = new SecretKey(octets);
  octets.fill(0);
  return msk;
}

/**
 * The Key Number after `last`, the one given to an MSK of the Key Group most lately, or undefined before the
 * first. After 0xffff comes 0x0001: 0x0 means "the current MSK" and is no MSK's own (TS 33.246 §6.3.2.2.1).
 * Numbers in `live` are passed over; they must be fewer than 65 535.
 */
export function nextKeyNumber(last: number | undefined, live: ReadonlySet<number>): number {
  let next = last ?? CURRENT_KEY_NUMBER;
  do {
    next = next === MAX_KEY_NUMBER ? CURRENT_KEY_NUMBER + 1 : next + 1;
  } while (live.has(next));
  return next;
}
