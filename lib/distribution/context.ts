import type { CommandSources } from '../events/command-sources.ts';
import type { OutgoingEvent } from '../events/envelope.ts';
import type { KeyStore } from '../store/key-store.ts';
import type { AnswerBounds } from './answers/answer-bounds.ts';
import type { AnswerJournal } from './answers/answer-journal.ts';
import type { Delivery } from './delivery/delivery.ts';
import type { DistributionObserver } from './observer.ts';
import type { RetryPolicy } from './push/retry.ts';
import type { WorkUnit } from './push/work.ts';

/** How the Key Distribution function works. */
export interface DistributionSettings {
  /** Any text that no other sender has. */
  readonly senderId: string;
  readonly nafFqdn: string;
  /** Whether MSK messages ask for a verification message (the V-bit) unless their event says otherwise. */
  readonly verification: boolean;
  readonly commandSources: CommandSources;
  /** Whether the sender acts on events that an archive replays. */
  readonly sendReplays: boolean;
  /** The longest spread of a group's solicited pull whose event names none, in s. */
  readonly spreadSeconds: number;
  /** UEs of a page. */
  readonly pageUes: number;
  /**
   * A claim that is not extended expires after this time, in ms: somewhat less than the queue's visibility
   * timeout.
   */
  readonly leaseMs: number;
  /** How often the senders report the progress of a push, in ms. */
  readonly progressEveryMs: number;
  /** For the write of a page's outcome. */
  readonly retryPolicy: RetryPolicy;
}

/** All that the Key Distribution function touches outside itself. */
export interface DistributionContext extends DistributionSettings {
  readonly store: KeyStore;
  readonly delivery: Delivery;
  readonly publish: (events: readonly OutgoingEvent[]) => Promise<void>;
  /** Puts units into the queue that all senders share. */
  readonly enqueue: (units: readonly WorkUnit[]) => Promise<void>;
  /** ms since the epoch, by the service clock. */
  readonly now: () => number;
  readonly randomOctets: (length: number) => Uint8Array;
  /** Whether this sender may report the progress of a push again; see `ProgressThrottle`. */
  readonly isProgressDue: (pushId: string) => boolean;
  /** Bounds what each UE may make this sender send. */
  readonly answers: AnswerBounds;
  /** Records the outcome of answers. */
  readonly journal: Pick<AnswerJournal, 'add'>;
  readonly observer: DistributionObserver;
  /** Reads at once what is to stop, and what may go on; by default that is read now and then. */
  readonly lookForStops?: (() => Promise<void>) | undefined;
}
