import { GbaError } from './errors.ts';

/** An IMPI: the private identity of a subscriber, a NAI (TS 23.003 §13.3). */
export type Impi = string & { readonly brand: 'Impi' };

const MAX_LENGTH = 253;

/** @throws GbaError `bad-impi` */
export function parseImpi(text: string): Impi {
  if (text.length > MAX_LENGTH || !/^[^\s@\p{C}]+@[A-Za-z0-9.-]+$/u.test(text)) {
    throw new GbaError('bad-impi', `an IMPI has the form user@realm in at most ${MAX_LENGTH} characters`);
  }
  return text as Impi;
}
