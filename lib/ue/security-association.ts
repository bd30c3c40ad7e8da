import type { Btid } from '../gba/btid.ts';
import type { SecretKey } from '../keys/secret-key.ts';

/** The UE's side of a bootstrapped security association with one BM-SC (TS 33.246 §6.1). */
export interface UeSecurityAssociation {
  readonly btid: Btid;
  /** FQDN of the BM-SC as a NAF. */
  readonly nafFqdn: string;
  /** 32 octets each. */
  readonly muk: SecretKey;
  readonly mrk: SecretKey;
}
