import { DiameterError } from '../errors.ts';
import { Reader } from '../reader.ts';
import type { Writer } from '../writer.ts';
import { AVP, type AvpDefinition, type AvpName, avpNameOf } from './dictionary.ts';

/**
 * An attribute-value pair (RFC 6733 §4.1).
 *
 *     AVP code (4)
 *     flags (1): V M P, then five reserved bits | AVP length (3), with its header, without padding
 *     [Vendor-ID (4), with the V flag]
 *     data | padding with zeros to a multiple of 4
 */
export interface Avp {
  readonly code: number;
  /** 0 for an AVP of the IETF. */
  readonly vendor: number;
  readonly isMandatory: boolean;
  readonly data: Uint8Array;
}

const FLAG = { VENDOR: 0x80, MANDATORY: 0x40 } as const;

const SHORT_HEADER = 8;
const LONG_HEADER = 12;

/** What an error calls an AVP: its name in the dictionary, or its numbers. */
export function fieldOf({ vendor, code }: Pick<Avp, 'vendor' | 'code'>): string {
  return avpNameOf(vendor, code) ?? `AVP ${vendor}:${code}`;
}

/** The AVP that `fieldOf` names, or undefined for the name of something else. */
export function avpOfField(field: string): Pick<AvpDefinition, 'code' | 'vendor' | 'format'> | undefined {
  if (Object.hasOwn(AVP, field)) return AVP[field as AvpName];
  const [, vendor, code] = /^AVP ([0-9]+):([0-9]+)$/.exec(field) ?? [];
  return code === undefined
    ? undefined
    : { code: Number(code), vendor: Number(vendor), format: 'OctetString' };
}

/**
 * All AVPs up to the reader's end, in their order. The reserved bits and the P flag are ignored, padding may
 * have any value.
 * @throws DiameterError `truncated`, `bad-avp-length`
 */
export function decodeAvps(reader: Reader): Avp[] {
  const avps: Avp[] = [];
  while (reader.left > 0) avps.push(decodeAvp(reader));
  return avps;
}

/** The AVPs in the data of a grouped one. @throws DiameterError `truncated`, `bad-avp-length` */
export function decodeGroup(data: Uint8Array): Avp[] {
  return decodeAvps(new Reader(data));
}

/** @throws DiameterError `bad-value` */
export function encodeAvps(writer: Writer, avps: readonly Avp[]): void {
  for (const { code, vendor, isMandatory, data } of avps) {
    const flags = (vendor === 0 ? 0 : FLAG.VENDOR) | (isMandatory ? FLAG.MANDATORY : 0);
    const length = (vendor === 0 ? SHORT_HEADER : LONG_HEADER) + data.length;
    writer.uint(4, code, 'AVP code').uint(1, flags, 'AVP flags').uint(3, length, 'AVP length');
    if (vendor !== 0) writer.uint(4, vendor, 'AVP Vendor-ID');
    writer.octets(data).octets(new Uint8Array(paddingOf(length)));
  }
}

/**
 * Refuses AVPs that the dictionary lacks if they have the M flag, also in groups (RFC 6733 §4.1).
 * @throws DiameterError `unknown-avp`, and those of a group that can't be read
 */
export function refuseUnknown(avps: readonly Avp[]): void {
  for (const avp of avps) {
    const name = avpNameOf(avp.vendor, avp.code);
    if (name === undefined) {
      if (avp.isMandatory) throw new DiameterError('unknown-avp', { field: fieldOf(avp) });
    } else if (isOpenedGroup(name)) refuseUnknown(decodeGroup(avp.data));
  }
}

/** Failed-AVP holds what the sender of a request was wrong about: anything. */
function isOpenedGroup(name: AvpName): boolean {
  return AVP[name].format === 'Grouped' && name !== 'Failed-AVP';
}

function decodeAvp(reader: Reader): Avp {
  const code = reader.uint(4, 'AVP code');
  const flags = reader.uint(1, 'AVP flags');
  const length = reader.uint(3, 'AVP length');
  const hasVendor = (flags & FLAG.VENDOR) !== 0;
  const headerLength = hasVendor ? LONG_HEADER : SHORT_HEADER;
  const vendor = hasVendor ? reader.uint(4, 'AVP Vendor-ID') : 0;
  const avp = { code, vendor, isMandatory: (flags & FLAG.MANDATORY) !== 0 };
  if (length < headerLength) reader.refuse('bad-avp-length', fieldOf(avp));
  const data = reader.take(length - headerLength, fieldOf(avp));
  reader.skip(paddingOf(length), 'AVP padding');
  return { ...avp, data };
}

function paddingOf(length: number): number {
  return -length & 3;
}
