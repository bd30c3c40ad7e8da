import { VENDOR } from '../constants.ts';

/** The format of an AVP's data (RFC 6733 §4.2 to §4.4). */
export type DataFormat =
  | 'OctetString'
  | 'UTF8String'
  | 'DiameterIdentity'
  | 'Unsigned32'
  | 'Enumerated'
  | 'Time'
  | 'Address'
  | 'Grouped';

/** What the dictionary says of an AVP. */
export interface AvpDefinition {
  readonly code: number;
  /** 0 for an AVP of the IETF, which then has no V flag and no Vendor-ID. */
  readonly vendor: number;
  readonly format: DataFormat;
  /** The M flag that we send. A receiver takes both. */
  readonly isMandatory: boolean;
}

const ietf = <const Format extends DataFormat>(code: number, format: Format, isMandatory = true) => ({
  code,
  vendor: VENDOR.IETF,
  format,
  isMandatory,
});

const gpp = <const Format extends DataFormat>(code: number, format: Format, isMandatory = true) => ({
  code,
  vendor: VENDOR['3GPP'],
  format,
  isMandatory,
});

/**
 * The AVPs that are read or written: base protocol (RFC 6733 §4.5) and Zn (TS 29.109 §6.3). One that is
 * only accepted, and never read, is here as well: an unknown AVP with the M flag refuses its message.
 */
export const AVP = {
  'User-Name': ietf(1, 'UTF8String'),
  Class: ietf(25, 'OctetString'),
  'Session-Timeout': ietf(27, 'Unsigned32'),
  'Proxy-State': ietf(33, 'OctetString'),
  'Event-Timestamp': ietf(55, 'Time'),
  'Host-IP-Address': ietf(257, 'Address'),
  'Auth-Application-Id': ietf(258, 'Unsigned32'),
  'Acct-Application-Id': ietf(259, 'Unsigned32'),
  'Vendor-Specific-Application-Id': ietf(260, 'Grouped'),
  'Redirect-Host-Usage': ietf(261, 'Enumerated'),
  'Redirect-Max-Cache-Time': ietf(262, 'Unsigned32'),
  'Session-Id': ietf(263, 'UTF8String'),
  'Origin-Host': ietf(264, 'DiameterIdentity'),
  'Supported-Vendor-Id': ietf(265, 'Unsigned32'),
  'Vendor-Id': ietf(266, 'Unsigned32'),
  'Firmware-Revision': ietf(267, 'Unsigned32', false),
  'Result-Code': ietf(268, 'Unsigned32'),
  'Product-Name': ietf(269, 'UTF8String', false),
  'Disconnect-Cause': ietf(273, 'Enumerated'),
  'Auth-Session-State': ietf(277, 'Enumerated'),
  'Origin-State-Id': ietf(278, 'Unsigned32'),
  'Failed-AVP': ietf(279, 'Grouped'),
  'Proxy-Host': ietf(280, 'DiameterIdentity'),
  'Error-Message': ietf(281, 'UTF8String', false),
  'Route-Record': ietf(282, 'DiameterIdentity'),
  'Destination-Realm': ietf(283, 'DiameterIdentity'),
  'Proxy-Info': ietf(284, 'Grouped'),
  'Redirect-Host': ietf(292, 'OctetString'),
  'Destination-Host': ietf(293, 'DiameterIdentity'),
  'Error-Reporting-Host': ietf(294, 'DiameterIdentity', false),
  'Origin-Realm': ietf(296, 'DiameterIdentity'),
  'Experimental-Result': ietf(297, 'Grouped'),
  'Experimental-Result-Code': ietf(298, 'Unsigned32'),
  'Inband-Security-Id': ietf(299, 'Unsigned32'),
  'GBA-UserSecSettings': gpp(400, 'OctetString'),
  'Transaction-Identifier': gpp(401, 'OctetString'),
  'NAF-Id': gpp(402, 'OctetString'),
  'GAA-Service-Identifier': gpp(403, 'OctetString'),
  'Key-ExpiryTime': gpp(404, 'Time'),
  'ME-Key-Material': gpp(405, 'OctetString'),
  'UICC-Key-Material': gpp(406, 'OctetString'),
  'GBA_U-Awareness-Indicator': gpp(407, 'Enumerated'),
  BootstrapInfoCreationTime: gpp(408, 'Time'),
  'GUSS-Timestamp': gpp(409, 'Time', false),
  'GBA-Type': gpp(410, 'Enumerated'),
} as const satisfies Readonly<Record<string, AvpDefinition>>;

/** The name of an AVP in the dictionary. */
export type AvpName = keyof typeof AVP;

const NAMES = new Map(
  (Object.keys(AVP) as AvpName[]).map((name) => [keyOf(AVP[name].vendor, AVP[name].code), name]),
);

/** The name of an AVP, or undefined for one that the dictionary lacks. */
export function avpNameOf(vendor: number, code: number): AvpName | undefined {
  return NAMES.get(keyOf(vendor, code));
}

function keyOf(vendor: number, code: number): string {
  return `${vendor}:${code}`;
}
