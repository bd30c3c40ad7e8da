import { createHmac, timingSafeEqual } from 'node:crypto';
import type { SecretKey } from '../keys/secret-key.ts';

/** What a nonce is made from: `now` in ms since the epoch, `random` of 16 octets. */
export interface NonceInput {
  readonly secret: SecretKey;
  readonly now: number;
  readonly random: Uint8Array;
}

/** What a nonce that comes back is; `id` is 16 hexadecimal digits of its random part. */
export type CheckedNonce =
  | { readonly kind: 'fresh' | 'expired'; readonly issuedAt: number; readonly id: string }
  | { readonly kind: 'foreign' };

const TIME_LENGTH = 6;
const RANDOM_LENGTH = 16;
const MAC_LENGTH = 16;
const NONCE_LENGTH = TIME_LENGTH + RANDOM_LENGTH + MAC_LENGTH;
const ID_LENGTH = 8;

/** How far the clock of another instance may be ahead unless told otherwise, in ms. */
export const CLOCK_ALLOWANCE_MS = 5000;

/**
 * A nonce that any instance with the same secret can check and none has to store: Base64url of time (6
 * octets, ms) ‖ random (16) ‖ HMAC-SHA-256 over both, cut to 16 octets.
 * @throws RangeError when `random` has not 16 octets or `now` is no time of 6 octets
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

/** What a nonce is judged by, times in ms. `allowanceMs` is how far the clock of another instance may be ahead. */
export interface NonceCheck {
  readonly secret: SecretKey;
  readonly now: number;
  readonly lifetimeMs: number;
  readonly allowanceMs?: number;
}

/**
 * Whether a nonce is ours, and whether it is still good: later than `lifetimeMs` after `issuedAt` it is not,
 * nor when it comes from further in the future than `allowanceMs`. Any text has an answer.
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
  return createHmac('sha256', secret.exposeOctets())
    .update(nonce.subarray(0, TIME_LENGTH + RANDOM_LENGTH))
    .digest()
    .subarray(0, MAC_LENGTH);
}
