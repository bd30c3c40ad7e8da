import { type Impi, parseImpi } from '../../../lib/gba/impi.ts';
import { keyDomainIdOfPlmn } from '../../../lib/keys/key-domain-id.ts';

export const NAF_FQDN = 'bmsc.home1.net';
export const KEY_DOMAIN_ID = keyDomainIdOfPlmn({ mcc: '001', mnc: '01' });
export const GROUP = { keyDomainId: KEY_DOMAIN_ID, keyGroup: 0x0010 };
/** User Services of the Key Group. */
export const SERVICES = ['urn:example:news', 'urn:example:sport'] as const;

export function impiOf(index: number): Impi {
  return parseImpi(`00101${String(index).padStart(10, '0')}@ims.mnc001.mcc001.3gppnetwork.org`);
}
