import type { MskState } from '../../lib/inventory/key-groups.ts';
import type { Rotation, RotationsOverview } from '../../lib/inventory/rotations.ts';
import type { SubscriberOverview } from '../../lib/inventory/subscriber.ts';
import type { WorkOverview } from '../../lib/inventory/work.ts';

/**
 * What the console's API answers, as JSON. Times are ms since the epoch. Identifiers are text as the command
 * line prints them: a Key Domain ID has 6 hexadecimal digits, a Key Group 4, an MSK ID 8. No key is in any of
 * it.
 */

/** Counts of UEs by what became of them. */
export interface OutcomeCounts {
  /** UEs that have confirmed the MSK. */
  readonly verified: number;
  /** UEs that were sent a message without a request for verification. */
  readonly sent: number;
  /** By reason. */
  readonly failed: Readonly<Record<string, number>>;
}

/** A push in a list. */
export interface PushRow extends OutcomeCounts {
  readonly pushId: string;
  readonly kind: 'msk' | 'solicited-pull';
  readonly keyDomainId: string;
  readonly mskId: string;
  /** What the push is for, for people: `2 listed UEs`, `urn:example:news`, … */
  readonly source: string;
  readonly startedAt: number;
  /** Absent while it runs. */
  readonly completedAt?: number | undefined;
  readonly cancelledAt?: number | undefined;
  /** UEs when it began. */
  readonly expected: number;
  /** UEs without an outcome; an estimate while `expected` is one. */
  readonly waiting: number;
  /** From 0 to 1; absent while it is not known how many UEs there are. */
  readonly share?: number | undefined;
}

/** How far a push was at a time. */
export interface PushSample {
  readonly at: number;
  readonly verified: number;
  readonly sent: number;
  readonly failed: number;
}

/** A push on a page of its own. */
export interface PushView extends PushRow {
  readonly verification: boolean;
  readonly perSecond?: number | undefined;
  /** UEs a second, in the last seconds that were seen; over all its time once it is completed. */
  readonly rate: number;
  /** Seconds; absent while there is nothing to estimate it from. */
  readonly left?: number | undefined;
  /** In order of time; the first is its beginning. */
  readonly samples: readonly PushSample[];
  /** The clock of the machine that the command runs on. */
  readonly now: number;
}

/** A request for a push that is not in the ledger: it is yet to be taken up, or was refused. */
export interface PendingPushView {
  readonly pushId: string;
  readonly refused?: { readonly reason: string; readonly message: string } | undefined;
}

/** An MSK of a Key Group, or one that it had. */
export interface MskView {
  readonly mskId: string;
  /** `gone`: it is not in the table any more, but the ledger has pushes of it. */
  readonly state: MskState | 'gone';
  /** When its earliest and its latest push began; absent when the ledger has none. */
  readonly firstPushAt?: number | undefined;
  readonly lastPushAt?: number | undefined;
  /** When a prepared MSK is to be the current one. */
  readonly activateAt?: number | undefined;
  /** The MTK IDs that it protects; absent for one that is gone. */
  readonly mtkIds?: readonly [first: number, last: number] | undefined;
}

/** A Key Group in a list. */
export interface KeyGroupRow {
  readonly keyDomainId: string;
  readonly keyGroup: string;
  readonly services: readonly string[];
  /** The latest Key Number first. */
  readonly msks: readonly MskView[];
  /** When the prepared MSK is to be the current one; absent: no rotation is under way. */
  readonly activateAt?: number | undefined;
  readonly schedule?: ScheduleView | undefined;
}

/** How a Key Group is rotated by itself. */
export interface ScheduleView {
  /** `rate(7 days)` or `cron(…)`, in UTC. */
  readonly expression: string;
  readonly leadTimeSeconds?: number | undefined;
  /** Absent for a `cron()`. */
  readonly nextAt?: number | undefined;
}

/** A Key Group on a page of its own. */
export interface KeyGroupView extends KeyGroupRow {
  /** UEs that are registered to its User Services; of thousands, an estimate. undefined: not counted yet. */
  readonly registered: number | undefined;
  readonly now: number;
}

/** A User Service in a list. */
export interface ServiceRow {
  readonly serviceId: string;
  readonly keyGroups: readonly { readonly keyDomainId: string; readonly keyGroup: string }[];
  /** UEs that are registered to it; of thousands, an estimate. undefined: not counted yet. */
  readonly registered: number | undefined;
}

/** One page of a list, and where the next begins. */
export interface Page<Row> {
  readonly rows: readonly Row[];
  readonly next?: string | undefined;
}

/** What is to happen to a Key Group by itself, and all of it. */
export type RotationRow = Rotation;
export type RotationsView = RotationsOverview;

/** What an operator sees first. */
export interface OverviewView {
  readonly deployment: {
    readonly stack: string;
    readonly endpoint?: string | undefined;
    readonly keyManagementUrl: string;
    readonly keyDomains?: readonly string[] | undefined;
  };
  readonly isReadOnly: boolean;
  /** Messages of the queues, about. */
  readonly work: WorkOverview;
  readonly underWay: readonly PushRow[];
  readonly latest: readonly PushRow[];
  /** The next ones. */
  readonly rotations: readonly RotationRow[];
  /** What waits for the operator, and the page that shows it. */
  readonly problems: readonly { readonly text: string; readonly page?: string | undefined }[];
  readonly now: number;
}

/** A UE and what the ledger knows of it and an MSK. */
export interface HolderRow {
  readonly impi: string;
  readonly state: string;
}

/** Who has an MSK and who lacks it, at the time it was read. */
export interface HoldersView {
  readonly keyDomainId: string;
  readonly mskId: string;
  /** The MSK is the current one, or prepared: one that may be pushed. */
  readonly canPush: boolean;
  /** While it is read: how many UEs were so far. */
  readonly reading?: number | undefined;
  /** Absent while it is read for the first time. */
  readonly result?:
    | {
        readonly readAt: number;
        /** UEs by state. */
        readonly counts: Readonly<Record<string, number>>;
        readonly missing: number;
        readonly rows: readonly HolderRow[];
        readonly from: number;
        readonly of: number;
        readonly perPage: number;
      }
    | undefined;
}

/** A message that could not be carried out. */
export interface DeadLetterRow {
  readonly id: string;
  readonly detailType: string;
  readonly eventId?: string | undefined;
  readonly sentAt: number;
  readonly receiveCount: number;
  readonly reason?: string | undefined;
  readonly message?: string | undefined;
}

/** One subscriber: what it may have, what it has, what went wrong last. */
export interface SubscriberView extends SubscriberOverview {
  readonly now: number;
}
