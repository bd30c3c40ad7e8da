import { type KeyDomainId, keyDomainIdFromOctets, keyDomainIdOctets } from '../../keys/key-domain-id.ts';
import { type MskId, mskIdFromOctets, mskIdOctets } from '../../keys/msk-id.ts';
import { EXT_TYPE, KEY_ID_TYPE } from '../constants.ts';
import { MikeyError } from '../errors.ts';
import { Reader } from '../reader.ts';
import { Writer } from '../writer.ts';

/**
 * A general extension (RFC 3830 §6.15). One of an unknown type is kept and ignored: the message states its
 * length, and the MAC covers it.
 *
 *     next payload (1) | type (1) | length (2) | data
 */
export interface GeneralExtension {
  readonly type: number;
  readonly data: Uint8Array;
}

/** Key ID information (RFC 4563 §4). */
export interface KeyIds {
  readonly keyDomainId?: KeyDomainId;
  readonly mskId?: MskId;
  readonly mtkId?: number;
}

/** Octets of an MTK ID. */
const MTK_ID_LENGTH = 2;
const LENGTHS: Readonly<Record<number, number>> = {
  [KEY_ID_TYPE.KEY_DOMAIN_ID]: 3,
  [KEY_ID_TYPE.MSK_ID]: 4,
  [KEY_ID_TYPE.MTK_ID]: MTK_ID_LENGTH,
};

/** @throws MikeyError `truncated` */
export function decodeExtension(reader: Reader): GeneralExtension {
  return { type: reader.uint(1, 'EXT type'), data: reader.take(reader.uint(2, 'EXT length'), 'EXT data') };
}

/** @throws MikeyError `bad-value` */
export function encodeExtension(writer: Writer, { type, data }: GeneralExtension): void {
  writer.uint(1, type, 'EXT type').sized(2, data, 'EXT length');
}

/**
 * The sub-payloads of a Key ID extension: Key ID type (1) | length (1) | Key ID, each at most once.
 * @throws MikeyError
 */
export function decodeKeyIds(data: Uint8Array): KeyIds {
  const reader = new Reader(data);
  const found = new Map<number, Uint8Array>();
  while (reader.left > 0) {
    const type = reader.uint(1, 'Key ID type');
    const keyId = reader.take(reader.uint(1, 'Key ID length'), 'Key ID');
    if (found.has(type)) reader.refuse('duplicate-payload', 'Key ID');
    if (LENGTHS[type] === undefined) reader.refuse('unknown-type', 'Key ID type');
    if (LENGTHS[type] !== keyId.length) reader.refuse('bad-value', 'Key ID length');
    found.set(type, keyId);
  }
  const domain = found.get(KEY_ID_TYPE.KEY_DOMAIN_ID);
  const msk = found.get(KEY_ID_TYPE.MSK_ID);
  const mtk = found.get(KEY_ID_TYPE.MTK_ID);
  return {
    ...(domain === undefined ? {} : { keyDomainId: keyDomainIdFromOctets(domain) }),
    ...(msk === undefined ? {} : { mskId: mskIdFromOctets(msk) }),
    ...(mtk === undefined ? {} : { mtkId: Buffer.from(mtk).readUInt16BE() }),
  };
}

// @clause RFC 4563 §4 s1
/** A Key ID extension, in the order of the types. @throws MikeyError `bad-value` */
export function keyIdExtension({ keyDomainId, mskId, mtkId }: KeyIds): GeneralExtension {
  const writer = new Writer();
  const put = (type: number, keyId: Uint8Array) =>
    writer.uint(1, type, 'Key ID type').sized(1, keyId, 'Key ID length');
  if (keyDomainId !== undefined) put(KEY_ID_TYPE.KEY_DOMAIN_ID, keyDomainIdOctets(keyDomainId));
  if (mskId !== undefined) put(KEY_ID_TYPE.MSK_ID, mskIdOctets(mskId));
  if (mtkId !== undefined)
    put(KEY_ID_TYPE.MTK_ID, new Writer().uint(MTK_ID_LENGTH, mtkId, 'MTK ID').toOctets());
  return { type: EXT_TYPE.KEY_ID, data: writer.toOctets() };
}

/**
 * The Key IDs of all extensions of a message.
 * @throws MikeyError `duplicate-payload` for a second extension of RFC 4563
 */
export function keyIdsOf(extensions: readonly GeneralExtension[]): KeyIds {
  const [only, ...others] = extensions.filter(({ type }) => type === EXT_TYPE.KEY_ID);
  if (others.length > 0) throw new MikeyError('duplicate-payload', { field: 'EXT of Key IDs' });
  return only === undefined ? {} : decodeKeyIds(only.data);
}
