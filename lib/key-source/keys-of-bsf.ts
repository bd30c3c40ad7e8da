import { GSID_MBMS } from '../gba/gsid.ts';
import type { NafKeys } from '../gba/mbms-keys.ts';
import type { BootstrappingInfoResponse } from '../nbsp-gba/bootstrapping-info.ts';
import { NbspError } from '../nbsp-gba/errors.ts';
import type { NetworkKeys } from './key-source.ts';

/**
 * The keys that a response gives a BM-SC. The user security settings of MBMS may choose whose keys they are;
 * without a choice they are those of the UICC if it has any. A BM-SC that takes no keys of the UICC leaves
 * them alone: its UEs use Ks_ext_NAF as Ks_NAF (TS 33.220 §5.3.3). Flags of user security settings are not
 * used: none is known for MBMS.
 * @param now ms since the epoch
 * @throws NbspError `missing-keys` when the settings choose keys of the UICC and there are none, `expired`
 */
export function networkKeysOf(
  response: BootstrappingInfoResponse,
  { now, gbaU = true }: { readonly now: number; readonly gbaU?: boolean },
): NetworkKeys {
  const { keyExpiryTime, bootstrappingInfoCreationTime, impi } = response;
  if (keyExpiryTime !== undefined && keyExpiryTime <= now)
    throw new NbspError('expired', 'the keys are past their lifetime already: is a clock wrong?');
  return {
    impi,
    keys: nafKeysOf(gbaU ? response : { ...response, uiccKeyMaterial: undefined }),
    bootstrappedAt: bootstrappingInfoCreationTime,
    expiresAt: keyExpiryTime,
  };
}

function nafKeysOf({ meKeyMaterial, uiccKeyMaterial, ussList = [] }: BootstrappingInfoResponse): NafKeys {
  const choice = ussList.find(({ uss }) => uss.gsType === GSID_MBMS)?.uss.keyChoice;
  if (choice === 'UICC_BASED_KEY' && uiccKeyMaterial === undefined)
    throw new NbspError('missing-keys', 'the settings choose keys of the UICC, and there are none');
  return uiccKeyMaterial === undefined || choice === 'ME_BASED_KEY'
    ? { type: 'GBA_ME', ksNaf: meKeyMaterial }
    : { type: 'GBA_U', ksExtNaf: meKeyMaterial, ksIntNaf: uiccKeyMaterial };
}
