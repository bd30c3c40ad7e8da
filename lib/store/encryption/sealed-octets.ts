import { createCipheriv, createDecipheriv, type KeyObject, randomBytes } from 'node:crypto';
import { SecretKey } from '../../keys/secret-key.ts';
import { StoreError } from '../errors.ts';

/**
 * An opened data key: AES-256, known in its table by a number from 1. A `KeyObject` and not the octets,
 * for it prints as little as a `SecretKey` does and opens four times as many ciphertexts a second.
 */
export interface DataKey {
  readonly id: number;
  readonly key: KeyObject;
  /** The table that the data key was made for; it stays when a backup is restored under another name. */
  readonly madeFor: string;
}

/** The location of a key in the table: its item, and the path to its attribute. */
export interface AttributeLocation {
  readonly pk: string;
  readonly sk: string;
  readonly path: string;
}

const ALGORITHM = 'aes-256-gcm';
const VERSION = 1;
const ID_OFFSET = 1;
const NONCE_OFFSET = 5;
const NONCE_LENGTH = 12;
const SEALED_OFFSET = NONCE_OFFSET + NONCE_LENGTH;
const TAG_LENGTH = 16;
const OPTIONS = { authTagLength: TAG_LENGTH };

/** What sealing adds to the length of a key, in octets. */
export const SEALING_OVERHEAD = SEALED_OFFSET + TAG_LENGTH;

/**
 * The most seals under one data key. Nonces of 96 bits are drawn at random, and two equal ones
 * under one data key give away the key of the MACs; NIST SP 800-38D §8.3 stops at 2^32, where that has a
 * chance of 2^-32. The seals are counted in the table, see `reserveSeals`.
 */
export const MAX_SEALS = 2 ** 32;

/**
 * A key as the table keeps it: version 1 (1 octet) ‖ data key ID (4) ‖ nonce (12) ‖ ciphertext (as long as
 * the key) ‖ tag (16). The additional data is the location, so that a key moved elsewhere does not open.
 */
export function sealKey(
  { id, key, madeFor }: DataKey,
  secret: SecretKey,
  location: AttributeLocation,
): Uint8Array {
  const sealed = Buffer.alloc(SEALING_OVERHEAD + secret.length);
  sealed[0] = VERSION;
  sealed.writeUInt32BE(id, ID_OFFSET);
  const nonce = randomBytes(NONCE_LENGTH);
  sealed.set(nonce, NONCE_OFFSET);
  const cipher = createCipheriv(ALGORITHM, key, nonce, OPTIONS);
  cipher.setAAD(additionalData(madeFor, location));
  sealed.set(cipher.update(secret.exposeOctets()), SEALED_OFFSET);
  cipher.final();
  sealed.set(cipher.getAuthTag(), sealed.length - TAG_LENGTH);
  return sealed;
}

/**
 * The key that `sealKey` sealed in this location.
 * @throws StoreError `corrupt-item` when any bit of it, the location, or the data key differs
 */
export function openSealedKey(
  { key, madeFor }: DataKey,
  sealed: Uint8Array,
  location: AttributeLocation,
): SecretKey {
  const tagOffset = sealed.length - TAG_LENGTH;
  const nonce = sealed.subarray(NONCE_OFFSET, SEALED_OFFSET);
  const decipher = createDecipheriv(ALGORITHM, key, nonce, OPTIONS);
  decipher.setAAD(additionalData(madeFor, location));
  decipher.setAuthTag(sealed.subarray(tagOffset));
  const octets = decipher.update(sealed.subarray(SEALED_OFFSET, tagOffset));
  try {
    decipher.final();
    return new SecretKey(octets);
  } catch {
    throw notSealedHere(location, 'was changed, or sealed elsewhere');
  } finally {
    octets.fill(0);
  }
}

/**
 * The ID of the data key that a key is sealed under.
 * @throws StoreError `corrupt-item` when `sealKey` did not make it
 */
export function dataKeyIdOf(sealed: Uint8Array, location: AttributeLocation): number {
  if (sealed.length <= SEALING_OVERHEAD) throw notSealedHere(location, 'is too short for a sealed key');
  if (sealed[0] !== VERSION)
    throw notSealedHere(location, `is sealed in version ${sealed[0]}, not ${VERSION}`);
  let id = 0;
  for (let offset = ID_OFFSET; offset < NONCE_OFFSET; offset++) id = id * 256 + (sealed[offset] ?? 0);
  return id;
}

/** The error for a sealed key that can't be opened; it names the location and no octets. */
export function notSealedHere({ pk, sk, path }: AttributeLocation, why: string): StoreError {
  return new StoreError('corrupt-item', `attribute "${path}" of item ${pk} ${sk} ${why}`);
}

/** As long as the longest table name (255), pk (2048), sk (1024) and path of ours with their lengths. */
const scratch = Buffer.alloc(4096);

/**
 * Table, pk, sk and path, each in UTF-8 behind its length in 2 octets, so that no two locations are equal.
 * All calls write into one buffer: the caller uses it before the next call.
 */
export function additionalData(table: string, { pk, sk, path }: AttributeLocation): Uint8Array {
  let end = 0;
  end = append(table, end);
  end = append(pk, end);
  end = append(sk, end);
  end = append(path, end);
  return scratch.subarray(0, end);
}

function append(text: string, offset: number): number {
  const length = scratch.write(text, offset + 2);
  scratch.writeUInt16BE(length, offset);
  return offset + 2 + length;
}
