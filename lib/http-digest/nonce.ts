import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto';
import type { SecretKey } from '../keys/secret-key.ts';

/** The input of a nonce: `now` in ms since the epoch, `random` of 16 octets. */
export interface NonceInput {
  readonly secret: SecretKey;
  readonly now: number;
  readonly random: Uint8Array;
}

/**
 * The result of a check: `issuedAt` in ms since the epoch, `id` the first 16 hexadecimal digits of the random
 * part.
 */
export type CheckedNonce =
  | { readonly kind: 'fresh' | 'expired'; readonly issuedAt: number; readonly id: string }
  | { readonly kind: 'foreign' };

const TIME_LENGTH = 6;
const RANDOM_LENGTH = 16;
const MAC_LENGTH = 16;
const NONCE_LENGTH = TIME_LENGTH + RANDOM_LENGTH + MAC_LENGTH;
const ID_LENGTH = 8;

/** Default of `allowanceMs`. */
export const CLOCK_ALLOWANCE_MS = 5000;

/**
 * Makes a nonce that any instance with the same secret can check, so that none stores it: Base64url of time
 * (6 octets, ms) ‖ random (16 octets) ‖ HMAC-SHA-256 over both, truncated to 16 octets.
 * @throws RangeError when `random` does not have 16 octets or `now` does not fit into 6 octets
 */
export function createNonce({ secret, now, random }: NonceInput): string {
  if (random.length !== RANDOM_LENGTH)
    throw new RangeError(`the random part of a nonce has ${RANDOM_LENGTH} octets`);
  const nonce = Buffer.alloc(NONCE_LENGTH);
  nonce.writeUIntBE(now, 0, TIME_LENGTH);
  nonce.set(random, TIME_LENGTH);
  nonce.set(macOf(nonce, secret), TIME_LENGTH + RANDOM_LENGTH);
  return nonce.toString('base64url');
}

/** The parameters of a check, times in ms. The clock of another instance may be ahead by `allowanceMs`. */
export interface NonceCheck {
  readonly secret: SecretKey;
  readonly now: number;
  readonly lifetimeMs: number;
  readonly allowanceMs?: number;
}

/**
 * Checks that the secret made a nonce, and its age. A nonce expires `lifetimeMs` after `issuedAt`, and one
 * from more than `allowanceMs` in the future counts as expired too. Any other text is `foreign`.
 */
export function checkNonce(
  nonce: string,
  { secret, now, lifetimeMs, allowanceMs = CLOCK_ALLOWANCE_MS }: NonceCheck,
): CheckedNonce {
  const octets = Buffer.from(nonce, 'base64url');
  if (octets.length !== NONCE_LENGTH || octets.toString('base64url') !== nonce) return { kind: 'foreign' };
  if (!timingSafeEqual(octets.subarray(TIME_LENGTH + RANDOM_LENGTH), macOf(octets, secret)))
    return { kind: 'foreign' };
  const issuedAt = octets.readUIntBE(0, TIME_LENGTH);
  const id = octets.subarray(TIME_LENGTH, TIME_LENGTH + ID_LENGTH).toString('hex');
  const isFresh = issuedAt <= now + allowanceMs && now - issuedAt <= lifetimeMs;
  return { kind: isFresh ? 'fresh' : 'expired', issuedAt, id };
}

function macOf(nonce: Buffer, secret: SecretKey): Buffer {
  return createHmac('sha256', keyObjectOf(secret))
    .update(nonce.subarray(0, TIME_LENGTH + RANDOM_LENGTH))
    .digest()
    .subarray(0, MAC_LENGTH);
}

/** Secrets of nonces last for hours; to make a key of the octets takes Node longer than the HMAC itself. */
const keyObjects = new WeakMap<SecretKey, KeyObject>();

function keyObjectOf(secret: SecretKey): KeyObject {
  const known = keyObjects.get(secret);
  if (known !== undefined) return known;
  const made = createSecretKey(secret.exposeOctets());
  keyObjects.set(secret, made);
  return made;
}
