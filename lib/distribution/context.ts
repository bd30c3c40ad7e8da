import type { OutgoingEvent } from '../events/envelope.ts';
import type { KeyStore } from '../store/key-store.ts';
import type { PageOutcome } from '../store/ledger/push-page.ts';
import type { AnswerJournal } from './answers/answer-journal.ts';
import type { Delivery } from './delivery/delivery.ts';
import type { Patience } from './push/retry.ts';
import type { WorkUnit } from './push/work.ts';

/** All that the Key Distribution function touches outside itself. */
export interface DistributionContext {
  readonly store: KeyStore;
  readonly delivery: Delivery;
  readonly publish: (events: readonly OutgoingEvent[]) => Promise<void>;
  /** Puts units into the queue that all senders share. */
  readonly handOn: (units: readonly WorkUnit[]) => Promise<void>;
  /** ms since the epoch, by the service's clock. */
  readonly now: () => number;
  readonly randomOctets: (length: number) => Uint8Array;
  /** Any text that no other sender has. */
  readonly senderId: string;
  /** Whether MSK messages ask for a verification message (the V-bit) unless their event says otherwise. */
  readonly verification: boolean;
  /** Whether events that an archive replays are acted on. */
  readonly sendReplays: boolean;
  /** The longest spread of a solicited pull to a group that says nothing of it, in s. */
  readonly spreadSeconds: number;
  /** UEs on a page. */
  readonly pageUes: number;
  /** How long a page stays with a sender of which nothing is heard, in ms: somewhat less than the queue's visibility timeout. */
  readonly leaseMs: number;
  /** How often a push's progress is told, in ms. */
  readonly progressEveryMs: number;
  /** With what is known of a page that is through. */
  readonly patience: Patience;
  /** Whether this sender has not tried to tell a push's progress in that time. */
  readonly isProgressDue: (pushId: string) => boolean;
  /** Remembers what became of UEs that asked for an MSK. */
  readonly journal: Pick<AnswerJournal, 'add'>;
  /** Is told what became of UEs, for metrics. */
  readonly onPage: (outcome: PageOutcome) => void;
}

/** What is to become of a message of the queue. */
export type WorkResult =
  | { readonly kind: 'done' }
  /** Not now: another sender has it, or this one has enough of it. Nothing failed. */
  | { readonly kind: 'later'; readonly afterMs: number };

/** Nothing is left to do. */
export const DONE: WorkResult = { kind: 'done' };
