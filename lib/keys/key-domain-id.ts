import { KeysError } from './errors.ts';

/** A Key Domain ID: MCC ‖ MNC in 3 octets, held as 6 lower-case hexadecimal digits (TS 33.246 §6.3.2.1). */
export type KeyDomainId = string & { readonly brand: 'KeyDomainId' };

/** A network's code: MCC of 3 decimal digits, MNC of 2 or 3. */
export interface Plmn {
  readonly mcc: string;
  readonly mnc: string;
}

/** Length of a Key Domain ID in octets. */
export const KEY_DOMAIN_ID_LENGTH = 3;

/**
 * A Key Domain ID from its 6 hexadecimal digits. Any 3 octets are taken: the UE compares them with
 * nothing but themselves.
 * @throws KeysError `bad-hex`
 */
export function parseKeyDomainId(hex: string): KeyDomainId {
  if (!/^[0-9a-f]{6}$/i.test(hex)) {
    throw new KeysError('bad-hex', `a Key Domain ID is 6 hexadecimal digits such as 00f110, not "${hex}"`);
  }
  return hex.toLowerCase() as KeyDomainId;
}

/**
 * A Key Domain ID as people write it: 6 hexadecimal digits, or MCC and MNC such as `001-01`.
 * @throws KeysError
 */
export function keyDomainIdOfText(text: string): KeyDomainId {
  const [, mcc, mnc] = /^([0-9]{3})-([0-9]{2,3})$/.exec(text) ?? [];
  return mcc !== undefined && mnc !== undefined ? keyDomainIdOfPlmn({ mcc, mnc }) : parseKeyDomainId(text);
}

/** @throws KeysError `bad-length` unless there are 3 octets */
export function keyDomainIdFromOctets(octets: Uint8Array): KeyDomainId {
  if (octets.length !== KEY_DOMAIN_ID_LENGTH) {
    throw new KeysError('bad-length', `a Key Domain ID has 3 octets, not ${octets.length}`);
  }
  return Buffer.from(octets).toString('hex') as KeyDomainId;
}

/** The 3 octets as they stand in MIKEY and, in Base64, in the XML payloads. */
export function keyDomainIdOctets(id: KeyDomainId): Uint8Array {
  return Uint8Array.from(Buffer.from(id, 'hex'));
}

/**
 * MCC and MNC in the BCD coding of TS 24.008 §10.5.1.3: octet 1 is MCC2 MCC1, octet 2 MNC3 (F when the
 * MNC has two digits) MCC3, octet 3 MNC2 MNC1. MCC 001 and MNC 01 give 00f110.
 * @throws KeysError `bad-plmn`
 */
export function keyDomainIdOfPlmn({ mcc, mnc }: Plmn): KeyDomainId {
  if (!/^[0-9]{3}$/.test(mcc) || !/^[0-9]{2,3}$/.test(mnc)) {
    throw new KeysError('bad-plmn', `an MCC has 3 digits and an MNC 2 or 3: "${mcc}" and "${mnc}" do not`);
  }
  const [mcc1, mcc2, mcc3] = mcc;
  const [mnc1, mnc2, mnc3 = 'f'] = mnc;
  return `${mcc2}${mcc1}${mnc3}${mcc3}${mnc2}${mnc1}` as KeyDomainId;
}

/** MCC and MNC of a Key Domain ID, or undefined where the octets are no TS 24.008 coding. */
export function plmnOfKeyDomainId(id: KeyDomainId): Plmn | undefined {
  if (!/^[0-9]{2}[0-9f][0-9]{3}$/.test(id)) return undefined;
  const [mcc2, mcc1, mnc3, mcc3, mnc2, mnc1] = id;
  return { mcc: `${mcc1}${mcc2}${mcc3}`, mnc: `${mnc1}${mnc2}${mnc3 === 'f' ? '' : mnc3}` };
}
