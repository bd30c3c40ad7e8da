import type { Btid } from '../../gba/btid.ts';
import { HEAD_START_MS } from '../../gba/lifetime.ts';
import { DeliveryError } from '../errors.ts';

/** One unit of the counter in ms: 32 bits then last 497 days, longer than any GBA key lifetime. */
export const COUNTER_UNIT_MS = 10;

const MAX_COUNTER = 0xffff_ffff;

/**
 * Gives each MIKEY message to a UE a greater counter than the one before under the same MUK. A counter is the
 * time since bootstrapping, so that nothing is written for each UE. Within one unit of time it is one more
 * than the last.
 */
export class MikeyCounters {
  readonly #remembered: number;
  // The UEs since the map was last full, and those before. A map in the order of use would cost more.
  #last = new Map<Btid, number>();
  #before = new Map<Btid, number>();

  /**
   * @param remembered the last counters of at least this many UEs are remembered, and of at most twice as
   * many
   */
  constructor(remembered = 50_000) {
    this.#remembered = remembered;
  }

  /**
   * The next counter, 1 to 2^32 - 1. Times are ms since the epoch; `now` is by the `ServiceClock`, for
   * another sender may have made the UE's last message.
   * @throws DeliveryError `counter-exhausted`: the UE has to bootstrap again
   */
  next(btid: Btid, bootstrappedAt: number, now: number): number {
    const elapsed = Math.max(0, Math.floor((now + HEAD_START_MS - bootstrappedAt) / COUNTER_UNIT_MS));
    const counter = Math.max(elapsed, this.#last.get(btid) ?? this.#before.get(btid) ?? 0) + 1;
    if (counter > MAX_COUNTER) {
      throw new DeliveryError(
        'counter-exhausted',
        'the MIKEY counter of this MUK is used up: solicit a new bootstrapping',
      );
    }
    this.#last.set(btid, counter);
    if (this.#last.size >= this.#remembered) {
      this.#before = this.#last;
      this.#last = new Map();
    }
    return counter;
  }
}
