import type { SecretKey } from '../keys/secret-key.ts';
import { GbaError } from './errors.ts';
import { kdf } from './kdf.ts';

/** What a NAF gets from the BSF, 32 octets each: one key for GBA_ME, two for GBA_U. */
export type NafKeys =
  | { readonly type: 'GBA_ME'; readonly ksNaf: SecretKey }
  | { readonly type: 'GBA_U'; readonly ksExtNaf: SecretKey; readonly ksIntNaf: SecretKey };

/** The MBMS keys of a user, 32 octets each: MUK protects MSKs, MRK authenticates requests. */
export interface MbmsKeys {
  readonly muk: SecretKey;
  readonly mrk: SecretKey;
}

/** Unverified [M-hi], docs/conformance.md: FC and P0 of the MRK derivation (TS 33.246 annex F). */
const MRK_DERIVATION = { fc: 0x01, p0: 'mbms-mrk' } as const;

/**
 * MUK and MRK (TS 33.246 §6.1): with GBA_ME the MUK is Ks_NAF and the MRK comes from it; with GBA_U the
 * MUK is Ks_int_NAF and the MRK comes from Ks_ext_NAF. Unverified [M-hi], docs/conformance.md.
 * @throws GbaError `bad-length`
 */
export function mukAndMrkOf(keys: NafKeys): MbmsKeys {
  const [muk, root] = keys.type === 'GBA_ME' ? [keys.ksNaf, keys.ksNaf] : [keys.ksIntNaf, keys.ksExtNaf];
  for (const key of [muk, root]) {
    if (key.length !== 32) throw new GbaError('bad-length', `a NAF key has 32 octets, not ${key.length}`);
  }
  return { muk, mrk: kdf(root, MRK_DERIVATION.fc, [MRK_DERIVATION.p0]) };
}

/** The Digest password: base64 of the MRK, padded. Unverified [M-hi], docs/conformance.md. */
export function digestPasswordOf(mrk: SecretKey): string {
  return Buffer.from(mrk.exposeOctets()).toString('base64');
}
