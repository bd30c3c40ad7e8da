import { SecretKey } from '../../keys/secret-key.ts';
import { KEY_TYPE, KV_TYPE, nameIn, PAYLOAD } from '../constants.ts';
import { Reader } from '../reader.ts';
import { Writer } from '../writer.ts';

/** The validity of a key (RFC 3830 §6.14): none stated, an SPI, or an interval. */
export type KeyValidity =
  | { readonly kind: 'NULL' }
  | { readonly kind: 'SPI'; readonly spi: Uint8Array }
  | { readonly kind: 'INTERVAL'; readonly from: Uint8Array; readonly to: Uint8Array };

/**
 * A key data sub-payload (RFC 3830 §6.13) inside KEMAC.
 *
 *     next payload (1) | type (4 bits) KV (4 bits) | key len (2) | key | [salt len (2) | salt] | [KV data]
 */
export interface KeyData {
  readonly type: keyof typeof KEY_TYPE;
  readonly key: SecretKey;
  readonly salt?: SecretKey;
  readonly validity: KeyValidity;
}

/** All sub-payloads of a decrypted KEMAC. @throws MikeyError */
export function decodeKeyData(octets: Uint8Array): KeyData[] {
  const reader = new Reader(octets);
  const found: KeyData[] = [];
  for (let next: number = PAYLOAD.KEY_DATA; next !== PAYLOAD.LAST; ) {
    if (next !== PAYLOAD.KEY_DATA) reader.refuse('unknown-payload', 'key data next payload');
    next = reader.uint(1, 'key data next payload');
    found.push(decodeOne(reader));
  }
  reader.end('key data');
  return found;
}

/** @throws MikeyError `bad-value` */
export function encodeKeyData(keys: readonly KeyData[]): Uint8Array {
  const writer = new Writer();
  for (const [index, { type, key, salt, validity }] of keys.entries()) {
    writer
      .uint(1, index < keys.length - 1 ? PAYLOAD.KEY_DATA : PAYLOAD.LAST, 'key data next payload')
      .uint(1, (KEY_TYPE[type] << 4) | KV_TYPE[validity.kind], 'key data type')
      .sized(2, key.exposeOctets(), 'key data key len');
    if (hasSalt(type)) writer.sized(2, salt?.exposeOctets() ?? new Uint8Array(0), 'key data salt len');
    if (validity.kind === 'SPI') writer.sized(1, validity.spi, 'key data SPI length');
    if (validity.kind === 'INTERVAL')
      writer.sized(1, validity.from, 'key data VF length').sized(1, validity.to, 'key data VT length');
  }
  return writer.toOctets();
}

function decodeOne(reader: Reader): KeyData {
  const both = reader.uint(1, 'key data type');
  const type = nameIn(KEY_TYPE, both >> 4);
  const validityKind = nameIn(KV_TYPE, both & 0x0f);
  if (type === undefined || validityKind === undefined) return reader.refuse('unknown-type', 'key data type');
  const key = new SecretKey(reader.take(reader.uint(2, 'key data key len'), 'key data key'));
  const salt = hasSalt(type)
    ? new SecretKey(reader.take(reader.uint(2, 'key data salt len'), 'key data salt'))
    : undefined;
  const validity = decodeValidity(reader, validityKind);
  return { type, key, validity, ...(salt === undefined ? {} : { salt }) };
}

function decodeValidity(reader: Reader, kind: keyof typeof KV_TYPE): KeyValidity {
  if (kind === 'NULL') return { kind };
  if (kind === 'SPI')
    return { kind, spi: reader.take(reader.uint(1, 'key data SPI length'), 'key data SPI') };
  return {
    kind,
    from: reader.take(reader.uint(1, 'key data VF length'), 'key data VF'),
    to: reader.take(reader.uint(1, 'key data VT length'), 'key data VT'),
  };
}

function hasSalt(type: keyof typeof KEY_TYPE): boolean {
  return type === 'TGK+SALT' || type === 'TEK+SALT';
}
