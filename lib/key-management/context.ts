import type { OutgoingEvent } from '../events/envelope.ts';
import type { MrkRule } from '../gba/mbms-keys.ts';
import type { Bootstrapping } from '../gba/realm.ts';
import type { DigestAlgorithm, DigestQop } from '../http-digest/index.ts';
import type { KeySource } from '../key-source/key-source.ts';
import type { KeyStore } from '../store/key-store.ts';
import type { NonceSecrets } from './nonce-secrets.ts';
import type { PayloadMismatch } from './payload/mismatch.ts';
import type { PayloadProfile } from './payload/payload-profile.ts';
import type { RotatingSecret } from './rotating-secret.ts';

/** The settings of this BM-SC's Key Request function. */
export interface KeyRequestSettings {
  /** FQDN of the BM-SC as a NAF; it determines realm and NAF_Id. */
  readonly nafFqdn: string;
  /** Path of the key management URI, such as `/keymanagement`. */
  readonly path: string;
  /** The offered qualities of protection; a request with another one is challenged again. */
  readonly qop: readonly DigestQop[];
  /** A 401 has one challenge for each, in this order. */
  readonly algorithms: readonly DigestAlgorithm[];
  readonly nonceLifetimeMs: number;
  /** Names and forms of the payloads of requests and answers. */
  readonly payloadProfile: PayloadProfile;
  /** The UDP port of a UE whose request names none. */
  readonly uePort: number;
  /** How long keys of the network live that come without an expiry, in ms. */
  readonly lifetimeWithoutExpiryMs: number;
  /** The MRK of keys of the network that come from GBA_U. */
  readonly mrkRule: MrkRule;
}

/** Everything outside itself that a key request uses. */
export interface KeyRequestContext {
  readonly settings: KeyRequestSettings;
  readonly store: KeyStore;
  readonly nonceSecrets: NonceSecrets;
  /** The edge proves by this secret that it forwarded a request; undefined without an edge. */
  readonly originSecret?: RotatingSecret | undefined;
  /** Where the keys of an unknown B-TID or A-KID come from; without a source, only from the table. */
  readonly keySources: Readonly<Partial<Record<Bootstrapping, KeySource>>>;
  readonly publish: (events: readonly OutgoingEvent[]) => Promise<void>;
  /** ms since the epoch. */
  readonly now: () => number;
  readonly randomOctets: (length: number) => Uint8Array;
}

/** What a request came to. */
export type KeyRequestResult = 'granted' | 'refused' | 'challenged' | 'rejected' | 'failed';

/** A reason for a 401. */
export type ChallengeReason =
  | 'no-credentials'
  | 'not-a-b-tid'
  | 'unknown-b-tid'
  | 'wrong-response'
  | 'expired-association'
  | 'wrong-realm'
  | 'qop-not-offered'
  | 'algorithm-not-offered'
  | 'nonce-expired'
  | 'nonce-foreign'
  | 'replayed';

/** The outcome of a request, for logs and metrics; identifiers only. */
export interface KeyRequestOutcome {
  readonly result: KeyRequestResult;
  /** A stable code for operators. The answer to a UE does not reveal what is wrong with its credentials. */
  readonly reason: string;
  readonly requestType?: string;
  readonly btid?: string;
  readonly impi?: string;
  readonly granted?: number;
  readonly refused?: number;
  /** Of each MSK that is granted its Key Domain. */
  readonly keyDomainIds?: readonly string[];
  /** Where the request is otherwise than the payload profile says. */
  readonly mismatch?: PayloadMismatch;
}
