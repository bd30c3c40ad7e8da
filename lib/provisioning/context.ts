import type { EventInput } from '../events/contracts.ts';
import type { OutgoingEvent } from '../events/envelope.ts';
import type { Btid } from '../gba/btid.ts';
import type { Impi } from '../gba/impi.ts';
import type { KeyStore } from '../store/key-store.ts';

/** Everything outside itself that provisioning by event uses. */
export interface ProvisioningContext {
  readonly store: KeyStore;
  readonly publish: (events: readonly OutgoingEvent[]) => Promise<void>;
  /**
   * Opens the key material of an association.
   * @throws ProvisioningRefused `wrong-wrapping`, or the SDK's errors
   */
  readonly unwrap: (wrapped: Uint8Array, of: WrappedFor) => Promise<Uint8Array>;
  /** ms since the epoch. */
  readonly now: () => number;
  readonly randomOctets: (length: number) => Uint8Array;
}

/** The encryption context that key material is wrapped with: it opens for this association alone. */
export interface WrappedFor {
  readonly bTid: Btid;
  readonly impi: Impi;
}

/** Why a request is refused. */
export type ProvisioningRefusal = EventInput<'Provisioning Refused'>['reason'];

/** The result of an event, for logs and for those who wait for it; identifiers only. */
export type ProvisioningOutcome =
  | { readonly result: 'provisioned' | 'withdrawn' | 'repeated' }
  | { readonly result: 'refused'; readonly reason: ProvisioningRefusal; readonly message: string }
  | { readonly result: 'replayed' | 'not-concerned' };
