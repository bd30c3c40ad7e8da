import type { Btid } from '../gba/btid.ts';
import type { Impi } from '../gba/impi.ts';
import type { NafKeys } from '../gba/mbms-keys.ts';

/** The keys that the network holds for a B-TID or an A-KID. Times are ms since the epoch. */
export interface NetworkKeys {
  /** Undefined when the network names no subscriber. */
  readonly impi: Impi | undefined;
  readonly keys: NafKeys;
  readonly bootstrappedAt: number | undefined;
  readonly expiresAt: number | undefined;
}

/** The answer of the network about an identifier. */
export type LookUp =
  | { readonly kind: 'found'; readonly found: NetworkKeys }
  /** The network does not know the identifier, or its keys are expired: the UE bootstraps again. */
  | { readonly kind: 'unknown' }
  | { readonly kind: 'not-authorized' }
  /** `reason` is a stable code for logs and metrics, such as `timeout` or `bad-answer`. */
  | { readonly kind: 'unavailable'; readonly reason: string; readonly retryAfterMs: number };

/** A BSF or an AAnF, whichever protocol it speaks. */
export interface KeySource {
  /** Never throws for what the network does; its time is bounded. */
  lookUp(identifier: Btid): Promise<LookUp>;
  close(): Promise<void>;
}
