import { type AkmaInput, akidOf, kAfOf, kAkmaOf } from '../../gba/akma.ts';
import { type MrkRule, mukAndMrkOf, type NafKeys } from '../../gba/mbms-keys.ts';
import { nafId } from '../../gba/naf-id.ts';
import { ksIntNafOf, ksNafOf } from '../../gba/naf-keys.ts';
import type { UeSecurityAssociation } from '../security-association.ts';
import type { BootstrappedSession } from './bootstrap.ts';

/**
 * The association with a NAF after a run of Ub: with GBA_ME from Ks_NAF, with GBA_U from Ks_ext_NAF and
 * Ks_int_NAF (TS 33.246 §6.1). @throws GbaError `bad-fqdn`, `bad-length`
 */
export function associationOf(
  session: BootstrappedSession,
  naf: { readonly nafFqdn: string; readonly gbaType: 'GBA_ME' | 'GBA_U'; readonly mrkRule?: MrkRule },
): UeSecurityAssociation {
  const { nafFqdn, gbaType, mrkRule } = naf;
  const { btid, expiresAt } = session;
  const keys = nafKeysOf(session, nafFqdn, gbaType);
  return { btid, nafFqdn, expiresAt, ...mukAndMrkOf(keys, mrkRule === undefined ? {} : { mrkRule }) };
}

/** The keys of a NAF that follow from Ks (TS 33.220 annex B.3). @throws GbaError `bad-fqdn`, `bad-length` */
export function nafKeysOf(
  { ks, rand, impi }: Pick<BootstrappedSession, 'ks' | 'rand' | 'impi'>,
  nafFqdn: string,
  gbaType: 'GBA_ME' | 'GBA_U',
): NafKeys {
  const input = { ks, rand, impi, nafId: nafId(nafFqdn) };
  if (gbaType === 'GBA_ME') return { type: 'GBA_ME', ksNaf: ksNafOf(input) };
  return { type: 'GBA_U', ksExtNaf: ksNafOf(input), ksIntNaf: ksIntNafOf(input) };
}

/** What AKMA needs of a UE, besides its NAF. */
export interface AkmaProfile extends AkmaInput {
  readonly routingIndicator: string;
  readonly homeNetwork: string;
}

/**
 * The association with an AF by AKMA (TS 33.501 annex W.4.1.3): no run of Ub is needed.
 * @throws GbaError `bad-a-kid`, `bad-fqdn`, `bad-length`
 */
export function akmaAssociationOf(profile: AkmaProfile, nafFqdn: string): UeSecurityAssociation {
  const kAf = kAfOf(kAkmaOf(profile), nafId(nafFqdn));
  const keys = mukAndMrkOf({ type: 'AKMA', kAf });
  return { btid: akidOf(profile), nafFqdn, bootstrapping: 'akma', ...keys };
}
