import type { Avp } from '../avp/avp.ts';
import { avp, requiredIn, valuesOf } from '../avp/values.ts';
import { APPLICATION, VENDOR } from '../constants.ts';

/** Vendor-Specific-Application-Id of Zn (TS 29.109 §6.3; RFC 6733 §6.11). */
export function znApplicationAvp(): Avp {
  return avp('Vendor-Specific-Application-Id', [
    avp('Vendor-Id', VENDOR['3GPP']),
    avp('Auth-Application-Id', APPLICATION.ZN),
  ]);
}

/**
 * The Application-IDs for authentication, on their own and with a vendor, each once.
 * @throws DiameterError when an AVP can't be read
 */
export function authApplicationsIn(avps: readonly Avp[]): readonly number[] {
  const vendorSpecific = valuesOf(avps, 'Vendor-Specific-Application-Id').flatMap((group) => {
    requiredIn(group, 'Vendor-Id');
    return valuesOf(group, 'Auth-Application-Id');
  });
  return [...new Set([...valuesOf(avps, 'Auth-Application-Id'), ...vendorSpecific])];
}

/** Whether a peer with these applications serves Zn: by itself, or as a relay agent (RFC 6733 §2.4). */
export function servesZn(applications: readonly number[]): boolean {
  return applications.includes(APPLICATION.ZN) || applications.includes(APPLICATION.RELAY);
}
