import type { EventInput } from '../events/contracts.ts';
import type { OutgoingEvent } from '../events/envelope.ts';
import type { KeyStore } from '../store/key-store.ts';
import type { ActivationId, ScheduledActivation } from './activation-schedule.ts';

/** Everything outside itself that the rotation of MSKs uses. */
export interface RotationContext {
  readonly store: KeyStore;
  readonly publish: (events: readonly OutgoingEvent[]) => Promise<void>;
  /** Schedules the event `Activate MSK` for its time; repeatable. */
  readonly scheduleActivation: (activation: ScheduledActivation) => Promise<void>;
  /** Cancels that schedule once nothing needs it; repeatable. */
  readonly cancelActivation: (activation: ActivationId) => Promise<void>;
  /** ms from preparation to activation, for a request that names no lead time. */
  readonly leadTimeMs: number;
  /** ms since the epoch. */
  readonly now: () => number;
  readonly randomOctets: (length: number) => Uint8Array;
}

/** Why a request is refused. */
export type RotationRefusal = EventInput<'MSK Rotation Refused'>['reason'];

/** What an event came to. */
export type RotationResult =
  | 'prepared'
  | 'activated'
  | 'revoked'
  | 'refused'
  | 'repeated'
  | 'replayed'
  | 'not-concerned';

/** The result of an event, for logs; identifiers only. */
export type RotationOutcome = { readonly result: RotationResult } & (
  | {
      readonly result: 'prepared' | 'activated' | 'revoked';
      readonly keyDomainId: string;
      readonly mskId: string;
    }
  | { readonly result: 'refused'; readonly reason: RotationRefusal; readonly message: string }
  | { readonly result: 'repeated' | 'replayed' | 'not-concerned' }
);
