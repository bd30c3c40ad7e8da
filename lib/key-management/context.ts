import type { OutgoingEvent } from '../events/envelope.ts';
import type { DigestAlgorithm, DigestQop } from '../http-digest/index.ts';
import type { SecretKey } from '../keys/secret-key.ts';
import type { KeyStore } from '../store/key-store.ts';

/** How this BM-SC's Key Request function is set up. */
export interface KeyRequestSettings {
  /** FQDN of the BM-SC as a NAF; realm and NAF_Id follow from it. */
  readonly nafFqdn: string;
  /** Path of the key management URI, such as `/keymanagement`. */
  readonly path: string;
  /** Qualities of protection offered; a request with another is challenged again. */
  readonly qop: readonly DigestQop[];
  /** One challenge is sent for each, in this order. */
  readonly algorithms: readonly DigestAlgorithm[];
  readonly nonceLifetimeMs: number;
  /** UDP port of a UE that names none. */
  readonly uePort: number;
  /**
   * The secret by which the edge proves itself, so that no request passes it by; undefined where there is no
   * edge.
   */
  readonly originSecret: SecretKey | undefined;
}

/** All that a key request touches outside itself. */
export interface KeyRequestContext {
  readonly settings: KeyRequestSettings;
  readonly store: KeyStore;
  readonly nonceSecret: SecretKey;
  readonly publish: (events: readonly OutgoingEvent[]) => Promise<void>;
  /** ms since the epoch. */
  readonly now: () => number;
  readonly randomOctets: (length: number) => Uint8Array;
}

/** What a request can come to. */
export const KEY_REQUEST_RESULTS = ['granted', 'refused', 'challenged', 'rejected', 'failed'] as const;

/** Why a request was answered 401. */
export const CHALLENGE_REASONS = [
  'no-credentials',
  'not-a-b-tid',
  'unknown-b-tid',
  'wrong-response',
  'expired-association',
  'wrong-realm',
  'qop-not-offered',
  'algorithm-not-offered',
  'nonce-expired',
  'nonce-foreign',
  'replayed',
] as const;

/** Why a request was answered 401. */
export type ChallengeReason = (typeof CHALLENGE_REASONS)[number];

/** What came of a request, for logs and metrics; identifiers only. */
export interface KeyRequestOutcome {
  readonly result: (typeof KEY_REQUEST_RESULTS)[number];
  /** Why, as a stable code: for operators, never told to the UE where it concerns credentials. */
  readonly reason: string;
  readonly requestType?: string;
  readonly btid?: string;
  readonly impi?: string;
  readonly granted?: number;
  readonly refused?: number;
}
