import type { SecretKey } from '../keys/secret-key.ts';
import { GbaError } from './errors.ts';
import { kdf } from './kdf.ts';

/**
 * What a NAF gets from the network, 32 octets each: one key for GBA_ME, two for GBA_U (TS 33.220 §4.5.3,
 * §5.3.3), and K_AF for AKMA (TS 33.535 §6.2).
 */
export type NafKeys =
  | { readonly type: 'GBA_ME'; readonly ksNaf: SecretKey }
  | { readonly type: 'GBA_U'; readonly ksExtNaf: SecretKey; readonly ksIntNaf: SecretKey }
  | { readonly type: 'AKMA'; readonly kAf: SecretKey };

/** The MBMS keys of a user, 32 octets each: MUK protects MSKs, MRK authenticates requests. */
export interface MbmsKeys {
  readonly muk: SecretKey;
  readonly mrk: SecretKey;
}

/**
 * The MRK with GBA_U: Ks_ext_NAF itself, or derived from it as from the Ks_NAF of GBA_ME. The text of the
 * standard was not at hand (docs/conformance.md says what speaks for the former), so a BM-SC may be set to
 * either.
 */
export const MRK_RULES = ['ks-ext-naf', 'derived'] as const;
export type MrkRule = (typeof MRK_RULES)[number];

/** Unverified [M-hi], docs/conformance.md: FC and P0 of the MRK derivation (TS 33.246 annex F). */
const MRK_DERIVATION = { fc: 0x01, p0: 'mbms-mrk' } as const;

// @clause TS 33.220 annex G.2 s1
// @clause TS 33.501 annex W.4.1.3 s1, s2
/**
 * MUK and MRK (TS 33.246 §6.1). With GBA_ME the MUK is Ks_NAF and the MRK is derived from it (annex F); with
 * AKMA K_AF takes the place of Ks_NAF (TS 33.501 annex W.4.1.3). With GBA_U the MUK is Ks_int_NAF, and the
 * MRK follows `mrkRule`.
 * @throws GbaError `bad-length`
 */
export function mukAndMrkOf(
  keys: NafKeys,
  { mrkRule = 'ks-ext-naf' }: { readonly mrkRule?: MrkRule } = {},
): MbmsKeys {
  if (keys.type === 'GBA_U') {
    const { ksExtNaf, ksIntNaf } = keys;
    checkLengths(ksIntNaf, ksExtNaf);
    return { muk: ksIntNaf, mrk: mrkRule === 'derived' ? derivedMrkOf(ksExtNaf) : ksExtNaf };
  }
  const muk = keys.type === 'AKMA' ? keys.kAf : keys.ksNaf;
  checkLengths(muk);
  return { muk, mrk: derivedMrkOf(muk) };
}

function derivedMrkOf(root: SecretKey): SecretKey {
  return kdf(root, MRK_DERIVATION.fc, [MRK_DERIVATION.p0]);
}

function checkLengths(...keys: readonly SecretKey[]): void {
  for (const { length } of keys) {
    if (length !== 32) throw new GbaError('bad-length', `a NAF key has 32 octets, not ${length}`);
  }
}

/** The Digest password: base64 of the MRK, padded. Unverified [M-hi], docs/conformance.md. */
export function digestPasswordOf(mrk: SecretKey): string {
  return Buffer.from(mrk.exposeOctets()).toString('base64');
}
