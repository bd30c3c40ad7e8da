import type { ChallengeReason } from './context.ts';
import type { PayloadMismatch } from './payload/mismatch.ts';

/** Denies a request with 401: the UE may send it again with the credentials that the challenge asks for. */
export interface Challenge {
  readonly kind: 'challenge';
  readonly reason: ChallengeReason;
  /** Whether only the nonce is at fault: the UE then tries again without bootstrapping (RFC 2617 §3.2.1). */
  readonly stale: boolean;
}

/**
 * Denies a request with any other status. The same request would be denied again, unless the status is 503:
 * then it may succeed after `retry-after`.
 */
export interface Rejection {
  readonly kind: 'rejection';
  readonly status: number;
  /** A stable code, for logs and metrics. */
  readonly reason: string;
  /** One line for the engineer who reads the answer. */
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Where the request is otherwise than the payload profile says. */
  readonly mismatch?: PayloadMismatch | undefined;
}

/** A step returns this in place of its value to deny the whole request. */
export type Denial = Challenge | Rejection;

/** A challenge; `stale` when only the nonce is at fault. */
export function challenge(reason: ChallengeReason, { stale = false } = {}): Challenge {
  return { kind: 'challenge', reason, stale };
}

/** A rejection; `status` is an HTTP status of 400 to 499, or 503. */
export function rejection(
  status: number,
  reason: string,
  message: string,
  more: Pick<Rejection, 'headers' | 'mismatch'> = {},
): Rejection {
  return { kind: 'rejection', status, reason, message, ...more };
}

/** An operator has blocked the subscriber: bootstrapping anew does not help it. */
export const BLOCKED = rejection(403, 'blocked', 'this subscriber is blocked, ask its operator');
