import { KeysError } from './errors.ts';

/** An MSK ID: Key Group part ‖ Key Number part, 2 octets each (TS 33.246 §6.3.2.1). */
export interface MskId {
  readonly keyGroup: number;
  readonly keyNumber: number;
}

/** Length of an MSK ID in octets. */
export const MSK_ID_LENGTH = 4;

/** The Key Number that means "the current MSK" in requests and in a solicited pull (TS 33.246 §6.3.2.2.1). */
export const CURRENT_KEY_NUMBER = 0x0;

/** @throws KeysError `out-of-range` unless both parts are whole numbers of 16 bits */
export function mskId(keyGroup: number, keyNumber: number): MskId {
  for (const [name, part] of [
    ['Key Group', keyGroup],
    ['Key Number', keyNumber],
  ] as const) {
    if (!Number.isInteger(part) || part < 0 || part > 0xffff) {
      throw new KeysError('out-of-range', `a ${name} is a whole number from 0 to 65535, not ${part}`);
    }
  }
  return { keyGroup, keyNumber };
}

/** @throws KeysError `bad-hex` unless there are 8 hexadecimal digits */
export function parseMskId(hex: string): MskId {
  if (!/^[0-9a-f]{8}$/i.test(hex)) {
    throw new KeysError('bad-hex', `an MSK ID is 8 hexadecimal digits such as 00010002, not "${hex}"`);
  }
  return { keyGroup: Number.parseInt(hex.slice(0, 4), 16), keyNumber: Number.parseInt(hex.slice(4), 16) };
}

/** The MSK ID as 8 lower-case hexadecimal digits: Key Group, then Key Number. */
export function formatMskId({ keyGroup, keyNumber }: MskId): string {
  return formatKeyGroup(keyGroup) + formatKeyNumber(keyNumber);
}

/** A Key Group as 4 lower-case hexadecimal digits. */
export function formatKeyGroup(keyGroup: number): string {
  return fourDigits(keyGroup);
}

/** A Key Number as 4 lower-case hexadecimal digits. */
export function formatKeyNumber(keyNumber: number): string {
  return fourDigits(keyNumber);
}

/** @throws KeysError `bad-hex` unless there are 4 hexadecimal digits */
export function parseKeyGroup(hex: string): number {
  if (!/^[0-9a-f]{4}$/i.test(hex))
    throw new KeysError('bad-hex', `a Key Group is 4 hexadecimal digits such as 0001, not "${hex}"`);
  return Number.parseInt(hex, 16);
}

/** @throws KeysError `bad-length` unless there are 4 octets */
export function mskIdFromOctets(octets: Uint8Array): MskId {
  if (octets.length !== MSK_ID_LENGTH) {
    throw new KeysError('bad-length', `an MSK ID has 4 octets, not ${octets.length}`);
  }
  return parseMskId(Buffer.from(octets).toString('hex'));
}

/** The 4 octets as they stand in MIKEY and, in Base64, in the XML payloads. */
export function mskIdOctets(id: MskId): Uint8Array {
  return Uint8Array.from(Buffer.from(formatMskId(id), 'hex'));
}

/** Whether the ID asks for whichever MSK is current. */
export function isCurrentMskId({ keyNumber }: MskId): boolean {
  return keyNumber === CURRENT_KEY_NUMBER;
}

function fourDigits(part: number): string {
  return part.toString(16).padStart(4, '0');
}
