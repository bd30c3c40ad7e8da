import type { SecretKey } from '../keys/secret-key.ts';
import { RAND_LENGTH } from './btid.ts';
import { GbaError } from './errors.ts';
import type { Impi } from './impi.ts';
import { kdf } from './kdf.ts';

/** What a bootstrapping run and a NAF give to the derivation: Ks = CK ‖ IK has 32 octets, RAND 16. */
export interface NafKeyInput {
  readonly ks: SecretKey;
  readonly rand: Uint8Array;
  readonly impi: Impi;
  readonly nafId: Uint8Array;
}

const FC_GBA = 0x01;

// @clause TS 33.220 annex B.3 s1, s3, s4
/**
 * Ks_NAF of GBA_ME and Ks_ext_NAF of GBA_U, 32 octets (TS 33.220 annex B.3).
 * @throws GbaError `bad-length`
 */
export function ksNafOf(input: NafKeyInput): SecretKey {
  return derive('gba-me', input);
}

// @clause TS 33.220 annex B.3 s2
/** Ks_int_NAF of GBA_U, 32 octets (TS 33.220 annex B.3). @throws GbaError `bad-length` */
export function ksIntNafOf(input: NafKeyInput): SecretKey {
  return derive('gba-u', input);
}

function derive(label: 'gba-me' | 'gba-u', { ks, rand, impi, nafId }: NafKeyInput): SecretKey {
  if (ks.length !== 32) throw new GbaError('bad-length', `Ks has 32 octets, not ${ks.length}`);
  if (rand.length !== RAND_LENGTH) throw new GbaError('bad-length', `RAND has 16 octets, not ${rand.length}`);
  return kdf(ks, FC_GBA, [label, rand, impi, nafId]);
}
