import type { Btid } from '../../gba/btid.ts';
import { DeliveryError } from '../errors.ts';

/** One unit of the counter in ms: 32 bits then last 497 days, longer than any GBA key lifetime. */
export const COUNTER_UNIT_MS = 10;

/**
 * Counting begins so long before bootstrapping, in ms: the BSF's clock may be ahead of ours, and then there are
 * still numbers to count with.
 */
export const COUNTER_HEAD_START_MS = 60_000;

const MAX_COUNTER = 0xffff_ffff;

/** Gives each MIKEY message to a UE a greater counter than the one before under the same MUK. */
export interface MikeyCounters {
  /**
   * The next counter, 1 to 2^32 - 1. Times are ms since the epoch; `now` is the service's (`ServiceClock`), for
   * another sender may have made the UE's last message.
   * @throws DeliveryError `counter-exhausted`: the UE has to bootstrap anew
   */
  readonly next: (btid: Btid, bootstrappedAt: number, now: number) => number;
}

/**
 * Counters from the time since bootstrapping, so that nothing is written for each UE; within one unit
 * this process counts on. `remembered` bounds the memory: the last counters of at least so many UEs, and at most twice.
 */
export function createMikeyCounters(remembered = 50_000): MikeyCounters {
  // UEs since the other was full, and those before them: to keep them in the order of their use would cost more.
  let last = new Map<Btid, number>();
  let before = new Map<Btid, number>();
  return {
    next: (btid, bootstrappedAt, now) => {
      const elapsed = Math.max(
        0,
        Math.floor((now + COUNTER_HEAD_START_MS - bootstrappedAt) / COUNTER_UNIT_MS),
      );
      const counter = Math.max(elapsed, last.get(btid) ?? before.get(btid) ?? 0) + 1;
      if (counter > MAX_COUNTER) {
        throw new DeliveryError(
          'counter-exhausted',
          'the MIKEY counter of this MUK is used up: solicit a new bootstrapping',
        );
      }
      last.set(btid, counter);
      if (last.size >= remembered) {
        before = last;
        last = new Map();
      }
      return counter;
    },
  };
}
