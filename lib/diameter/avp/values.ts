import { canonicalIpAddress } from '../../address/ip-address.ts';
import { IPV4_LENGTH, IPV6_LENGTH, putIpOctets } from '../../address/ip-octets.ts';
import { DiameterError } from '../errors.ts';
import { Reader } from '../reader.ts';
import { Writer } from '../writer.ts';
import { type Avp, decodeGroup, encodeAvps } from './avp.ts';
import { AVP, type AvpName, type DataFormat } from './dictionary.ts';
import { ntpFromTime, timeFromNtp } from './time.ts';

/** What the data of each format is in the program. */
interface Values {
  readonly OctetString: Uint8Array;
  readonly UTF8String: string;
  /** An FQDN or a realm, 1 to 255 octets of ASCII. */
  readonly DiameterIdentity: string;
  readonly Unsigned32: number;
  /** A signed number of 32 bits. */
  readonly Enumerated: number;
  /** Milliseconds since the epoch of Unix, whole seconds. */
  readonly Time: number;
  /** An IP address in canonical text; undefined for another family of addresses. */
  readonly Address: string | undefined;
  readonly Grouped: readonly Avp[];
}

/** The value of an AVP in the program. */
export type AvpValue<Name extends AvpName> = Values[(typeof AVP)[Name]['format']];

/** Family numbers of the Address format (RFC 6733 §4.3.1). */
const FAMILY = { IPV4: 1, IPV6: 2 } as const;

const IDENTITY = /^[A-Za-z0-9_]([A-Za-z0-9_.-]{0,253}[A-Za-z0-9_.])?$/;

/** Whether a text can be a DiameterIdentity: an FQDN or a realm in ASCII (RFC 6733 §4.3.1). */
export function isDiameterIdentity(text: string): boolean {
  return IDENTITY.test(text);
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

type Decoders = { readonly [Format in DataFormat]: (data: Uint8Array, field: string) => Values[Format] };
type Encoders = { readonly [Format in DataFormat]: (value: Values[Format], field: string) => Uint8Array };

const DECODERS: Decoders = {
  OctetString: (data) => data,
  UTF8String: (data, field) => {
    try {
      return utf8.decode(data);
    } catch (cause) {
      throw new DiameterError('bad-value', { field, cause });
    }
  },
  DiameterIdentity: (data, field) => {
    const text = Buffer.from(data).toString('latin1');
    if (!isDiameterIdentity(text)) throw new DiameterError('bad-value', { field });
    return text;
  },
  Unsigned32: unsigned32,
  Enumerated: (data, field) => unsigned32(data, field) | 0,
  Time: (data, field) => timeFromNtp(unsigned32(data, field)),
  Address: (data, field) => {
    const reader = new Reader(data);
    const family = reader.uint(2, field);
    const length = { [FAMILY.IPV4]: IPV4_LENGTH, [FAMILY.IPV6]: IPV6_LENGTH }[family];
    if (length === undefined) return undefined;
    if (reader.left !== length) throw new DiameterError('bad-avp-length', { field });
    return ipText(reader.take(length, field));
  },
  Grouped: (data) => decodeGroup(data),
};

const ENCODERS: Encoders = {
  OctetString: (value) => value,
  UTF8String: (value, field) => {
    if (!value.isWellFormed()) throw new DiameterError('bad-value', { field });
    return Buffer.from(value);
  },
  DiameterIdentity: (value, field) => {
    if (!isDiameterIdentity(value)) throw new DiameterError('bad-value', { field });
    return Buffer.from(value, 'latin1');
  },
  Unsigned32: (value, field) => new Writer().uint(4, value, field).toOctets(),
  Enumerated: (value, field) => {
    if ((value | 0) !== value) throw new DiameterError('bad-value', { field });
    return new Writer().uint(4, value >>> 0, field).toOctets();
  },
  Time: (value, field) => new Writer().uint(4, ntpFromTime(value, field), field).toOctets(),
  Address: (value, field) => {
    const octets = new Uint8Array(IPV6_LENGTH);
    const family = value === undefined ? 0 : putIpOctets(octets, value);
    if (family === 0) throw new DiameterError('bad-value', { field });
    return new Writer()
      .uint(2, family === 4 ? FAMILY.IPV4 : FAMILY.IPV6, field)
      .octets(family === 4 ? octets.subarray(0, IPV4_LENGTH) : octets)
      .toOctets();
  },
  Grouped: (value) => {
    const writer = new Writer();
    encodeAvps(writer, value);
    return writer.toOctets();
  },
};

/** An AVP of the dictionary with its value. @throws DiameterError `bad-value` */
export function avp<Name extends AvpName>(name: Name, value: AvpValue<Name>): Avp {
  const { code, vendor, format, isMandatory } = AVP[name];
  const encode = ENCODERS[format] as (value: AvpValue<Name>, field: string) => Uint8Array;
  return { code, vendor, isMandatory, data: encode(value, name) };
}

/** The AVP in an array, or no AVP where the value is undefined. @throws DiameterError `bad-value` */
export function optionalAvp<Name extends AvpName>(name: Name, value: AvpValue<Name> | undefined): Avp[] {
  return value === undefined ? [] : [avp(name, value)];
}

/** The values of all AVPs of a name. @throws DiameterError `bad-value`, `bad-avp-length`, `truncated` */
export function valuesOf<Name extends AvpName>(avps: readonly Avp[], name: Name): AvpValue<Name>[] {
  const { code, vendor, format } = AVP[name];
  const decode = DECODERS[format] as (data: Uint8Array, field: string) => AvpValue<Name>;
  return avps
    .filter((each) => each.code === code && each.vendor === vendor)
    .map(({ data }) => decode(data, name));
}

/**
 * The value of the only AVP of a name, or undefined if there is none.
 * @throws DiameterError `repeated-avp`, and those of `valuesOf`
 */
export function valueIn<Name extends AvpName>(avps: readonly Avp[], name: Name): AvpValue<Name> | undefined {
  const [value, ...others] = valuesOf(avps, name);
  if (others.length > 0) throw new DiameterError('repeated-avp', { field: name });
  return value;
}

/** The value of an AVP that must be there once. @throws DiameterError `missing-avp`, those of `valueIn` */
export function requiredIn<Name extends AvpName>(
  avps: readonly Avp[],
  name: Name,
): NonNullable<AvpValue<Name>> {
  const value = valueIn(avps, name);
  if (value === undefined || value === null) throw new DiameterError('missing-avp', { field: name });
  return value;
}

function unsigned32(data: Uint8Array, field: string): number {
  if (data.length !== 4) throw new DiameterError('bad-avp-length', { field });
  return new Reader(data).uint(4, field);
}

function ipText(octets: Uint8Array): string {
  if (octets.length === IPV4_LENGTH) return octets.join('.');
  const groups = Buffer.from(octets).toString('hex').match(/.{4}/g) ?? [];
  return canonicalIpAddress(groups.join(':')) ?? groups.join(':');
}
