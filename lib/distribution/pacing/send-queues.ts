import type { Pacing } from '../../store/ledger/push.ts';
import { createLane, type Lane, type LaneEntry } from './send-queue.ts';
import { createTokenBucket } from './token-bucket.ts';

/** What waits in a lane, and how fast the lane is. */
export interface OpenLane<T extends LaneEntry> {
  readonly lane: Lane<T>;
  /** Messages a second that this sender sends of it at most. */
  readonly perSecond: number;
  /** UEs that were sent nothing yet. */
  unsent: number;
  /** ms of a clock that does not go back */
  usedAt: number;
}

/** The pace of a sender, and of pushes that say nothing of theirs. */
export interface LanesSettings {
  /** Messages a second of this sender, whatever they are for. */
  readonly perSecond: number;
  /** Messages a second to one prefix; undefined: any number. */
  readonly perPrefixPerSecond: number | undefined;
}

/** The lanes of a sender: one for each push, which all share the sender's tokens in turn. */
export interface Lanes<T extends LaneEntry> {
  /** The lane of that name; its pacing is what it was opened with. */
  readonly open: (name: string, pacing: Pacing) => OpenLane<T>;
  /** Hands over up to `most` entries whose time has come and for which there are tokens, by turns from every lane. */
  readonly takeDue: (most: number, take: (entry: T, open: OpenLane<T>) => void) => void;
  /** When there may be something to take: ms of a clock that does not go back; infinite when all are empty. */
  readonly nextAt: () => number;
  /** Whether as many UEs wait for their first message as can be sent in some seconds. */
  readonly hasEnough: (name: string) => boolean;
  readonly clear: () => void;
}

/** Entries taken from one lane before the next has its turn. */
const IN_TURN = 16;
/** What a sender takes in of one lane before it leaves the rest to others, in seconds of sending. */
const ENOUGH_S = 4;
/** An empty lane keeps its pace for so long, in ms. */
const LANE_KEPT_MS = 60_000;

/** No lanes yet. `elapsed` gives ms of a clock that does not go back. */
export function createLanes<T extends LaneEntry>(settings: LanesSettings, elapsed: () => number): Lanes<T> {
  const sender = createTokenBucket(settings.perSecond);
  const lanes = new Map<string, OpenLane<T>>();
  let turn = 0;

  const open = (name: string, pacing: Pacing): OpenLane<T> => {
    const known = lanes.get(name);
    if (known !== undefined) return known;
    const now = elapsed();
    for (const [each, { lane, usedAt }] of lanes)
      if (lane.size === 0 && usedAt + LANE_KEPT_MS < now) lanes.delete(each);
    const lane = createLane<T>({
      perSecond: pacing.perSecond,
      perPrefixPerSecond: pacing.perPrefixPerSecond ?? settings.perPrefixPerSecond,
    });
    const perSecond = Math.min(pacing.perSecond ?? settings.perSecond, settings.perSecond);
    const opened = { lane, perSecond, unsent: 0, usedAt: now };
    lanes.set(name, opened);
    return opened;
  };

  /** Each time another lane is the first: where tokens are few, the first has them all. */
  const inTurn = (): OpenLane<T>[] => {
    turn += 1;
    const all = [...lanes.values()];
    const first = turn % Math.max(1, all.length);
    return [...all.slice(first), ...all.slice(0, first)];
  };

  return {
    open,
    takeDue: (most, take) => {
      const order = inTurn();
      let taken = 0;
      for (let before = -1; before < taken && taken < most; ) {
        before = taken;
        for (const each of order) {
          const now = elapsed();
          for (let count = Math.min(IN_TURN, most - taken); count > 0; count--) {
            const entry = each.lane.take(now, sender);
            if (entry === undefined) break;
            each.usedAt = now;
            taken += 1;
            take(entry, each);
          }
        }
      }
    },
    nextAt: () => {
      const now = elapsed();
      let at = Number.POSITIVE_INFINITY;
      for (const { lane } of lanes.values()) at = Math.min(at, lane.nextAt(now));
      return Math.max(at, now + sender.wait(now));
    },
    hasEnough: (name) => {
      const known = lanes.get(name);
      return known !== undefined && known.unsent >= known.perSecond * ENOUGH_S;
    },
    clear: () => lanes.clear(),
  };
}

/** The pace of a push is that of a task, which `senders` share. */
export function pacingOfShare({ perSecond, perPrefixPerSecond, ...rest }: Pacing, senders: number): Pacing {
  return {
    ...rest,
    perSecond: perSecond === undefined ? undefined : perSecond / senders,
    perPrefixPerSecond: perPrefixPerSecond === undefined ? undefined : perPrefixPerSecond / senders,
  };
}
