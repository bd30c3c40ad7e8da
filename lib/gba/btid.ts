import { GbaError } from './errors.ts';

/** A B-TID: base64(RAND) @ BSF server name (TS 33.220 §4.5.2), the name of a bootstrapped association. */
export type Btid = string & { readonly brand: 'Btid' };

/** Octets of the AKA RAND that a B-TID is made of. */
export const RAND_LENGTH = 16;

const MAX_LENGTH = 300;

/** Accepts any NAI: the BSF decides what stands before the `@`. @throws GbaError `bad-b-tid` */
export function parseBtid(text: string): Btid {
  if (text.length > MAX_LENGTH || !/^[A-Za-z0-9+/=_.~-]{1,128}@[A-Za-z0-9.-]+$/.test(text)) {
    throw new GbaError('bad-b-tid', 'a B-TID has the form base64(RAND)@bsf-name');
  }
  return text as Btid;
}

// @clause TS 33.220 §4.5.2 s1, s2
/** The B-TID of a bootstrapping run: `rand` has 16 octets. @throws GbaError `bad-length`, `bad-b-tid` */
export function btidOf({ rand, bsfName }: { rand: Uint8Array; bsfName: string }): Btid {
  if (rand.length !== RAND_LENGTH) throw new GbaError('bad-length', `RAND has 16 octets, not ${rand.length}`);
  return parseBtid(`${Buffer.from(rand).toString('base64')}@${bsfName}`);
}
