import type { EventInput } from '../events/contracts.ts';
import type { OutgoingEvent } from '../events/envelope.ts';
import type { KeyStore } from '../store/key-store.ts';
import type { ActivationId, ScheduledActivation } from './activation-schedule.ts';
import type { UnwrapMsk } from './wrapped-msk.ts';

/** Everything outside itself that the rotation of MSKs uses. */
export interface RotationContext {
  readonly store: KeyStore;
  readonly publish: (events: readonly OutgoingEvent[]) => Promise<void>;
  /** Schedules the event `Activate MSK` for its time; repeatable. */
  readonly scheduleActivation: (activation: ScheduledActivation) => Promise<void>;
  /** Cancels that schedule once nothing needs it; repeatable. */
  readonly cancelActivation: (activation: ActivationId) => Promise<void>;
  /** Opens an MSK that another network has made. */
  readonly unwrap: UnwrapMsk;
  /** ms from preparation to activation, for a request that names no lead time. */
  readonly leadTimeMs: number;
  /** ms since the epoch. */
  readonly now: () => number;
  readonly randomOctets: (length: number) => Uint8Array;
}

/** Why a request is refused. */
export type RotationRefusal = EventInput<'MSK Rotation Refused'>['reason'];

/** The result of an event, for logs and for those who wait for it; identifiers only. */
export type RotationOutcome =
  | {
      readonly result: 'prepared';
      readonly keyDomainId: string;
      readonly mskId: string;
      /** ISO 8601 */
      readonly activateAt: string;
      readonly pushIds: readonly string[];
    }
  | {
      readonly result: 'activated' | 'mtk-imported';
      readonly keyDomainId: string;
      readonly mskId: string;
    }
  | {
      readonly result: 'revoked';
      readonly keyDomainId: string;
      readonly mskId: string;
      readonly currentMskId: string;
      readonly pushIds: readonly string[];
    }
  | { readonly result: 'refused'; readonly reason: RotationRefusal; readonly message: string }
  | { readonly result: 'repeated' | 'replayed' | 'not-concerned' };
