import { timingSafeEqual } from 'node:crypto';
import type { SecretKey } from '../../keys/secret-key.ts';
import { DATA_TYPE, type ENCR_ALG, MAC_LENGTH } from '../constants.ts';
import { aesCm } from '../crypto/aes-cm.ts';
import { hmacSha1 } from '../crypto/hmac-sha1.ts';
import { type MessageKeys, messageKeysOf } from '../crypto/key-derivation.ts';
import { MikeyError } from '../errors.ts';
import { decodeKeyData, encodeKeyData, type KeyData } from '../payload/key-data.ts';
import { encodeMikeyMessage, type MikeyMessage, type MikeyPayloads } from './mikey-message.ts';

/** Encryption of the key data. */
export type Encryption = keyof typeof ENCR_ALG;

const NO_MAC = new Uint8Array(MAC_LENGTH['HMAC-SHA-1-160']);

/**
 * Encrypts the key data and appends the MAC over everything before it (RFC 3830 §5.2). `rand` goes into the
 * label of the keys: the RAND of the message, or of the MSK message for an MTK message. Without keys, KEMAC
 * holds only the MAC.
 * @throws MikeyError `bad-value`
 */
export function protect(
  payloads: Omit<MikeyPayloads, 'kemac' | 'verification'>,
  psk: SecretKey,
  rand: Uint8Array,
  keyData: readonly KeyData[],
  encrAlg: Encryption,
): Uint8Array {
  const { csbId } = payloads.header;
  const keys = messageKeysOf(psk, csbId, rand);
  const plain = keyData.length === 0 ? new Uint8Array(0) : encodeKeyData(keyData);
  const encrData =
    encrAlg === 'NULL' ? plain : aesCm(keys.encr, keys.salt, csbId, payloads.timestamp.value, plain);
  const message = encodeMikeyMessage({
    ...payloads,
    kemac: { encrAlg, encrData, macAlg: 'HMAC-SHA-1-160', mac: NO_MAC },
  });
  const covered = message.subarray(0, message.length - NO_MAC.length);
  message.set(hmacSha1(keys.auth.exposeOctets(), [covered]), covered.length);
  return message;
}

/**
 * Checks the MAC in constant time, and only then decrypts (RFC 3830 §5.3). Refuses a message without a MAC or
 * with the NULL MAC: MBMS authenticates every message.
 * @returns the key data, none when KEMAC holds only the MAC
 * @throws MikeyError `auth-failure`, or an error about the key data
 */
export function unprotect(message: MikeyMessage, psk: SecretKey, rand: Uint8Array): readonly KeyData[] {
  const { kemac, header } = message;
  const keys = authenticated(message, psk, rand);
  if (kemac === undefined || kemac.encrData.length === 0) return [];
  const { encrAlg, encrData } = kemac;
  const plain =
    encrAlg === 'NULL'
      ? encrData
      : aesCm(keys.encr, keys.salt, header.csbId, message.timestamp.value, encrData);
  return decodeKeyData(plain);
}

/**
 * Checks the MAC and returns the keys of the message.
 * @throws MikeyError `auth-failure`, `missing-payload`, `unknown-data-type`
 */
function authenticated(
  { header, kemac, octets }: MikeyMessage,
  psk: SecretKey,
  rand: Uint8Array,
): MessageKeys {
  if (header.dataType !== DATA_TYPE.PSK)
    throw new MikeyError('unknown-data-type', { field: 'HDR data type' });
  if (kemac === undefined) throw new MikeyError('missing-payload', { field: 'KEMAC' });
  if (kemac.macAlg === 'NULL') throw new MikeyError('auth-failure', { field: 'KEMAC MAC alg' });
  const keys = messageKeysOf(psk, header.csbId, rand);
  const mac = hmacSha1(keys.auth.exposeOctets(), [octets.subarray(0, octets.length - kemac.mac.length)]);
  if (!timingSafeEqual(mac, kemac.mac)) throw new MikeyError('auth-failure', { field: 'KEMAC MAC' });
  return keys;
}
