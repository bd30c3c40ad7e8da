import { nameOfMsk, type TrafficMsk } from './traffic-key.ts';

/** Numbers that were taken for good; `lib/store` has them given out by a table. */
export interface TakenNumbers {
  readonly mtkId: number;
  readonly counter: number;
  readonly mtkIdsLeft: number;
}

/** Takes MTK IDs and counters of an MSK, each once among all instances; undefined: not so many are left. */
export type ReserveNumbers = (
  msk: TrafficMsk,
  wanted: { readonly mtkIds: number; readonly counters: number },
) => Promise<TakenNumbers | undefined>;

/** Counters taken at a time; those that a process has not used when it ends are lost, of 2^32. */
const COUNTERS = 256;

/** The MTK IDs and counters that one instance takes. */
export class MtkNumbers {
  readonly #reserve: ReserveNumbers;
  readonly #counters = new Map<string, { next: number; readonly end: number }>();
  readonly #spent = new Set<string>();

  constructor(reserve: ReserveNumbers) {
    this.#reserve = reserve;
  }

  /** The next MTK ID under an MSK, and how many are left behind it; undefined: the range is spent. */
  async takeMtkId(msk: TrafficMsk): Promise<{ mtkId: number; mtkIdsLeft: number } | undefined> {
    const name = nameOfMsk(msk);
    const range = `${name} ${msk.validity.sequ}`;
    if (this.#spent.has(range)) return undefined;
    const taken = await this.#reserve(msk, { mtkIds: 1, counters: COUNTERS });
    if (taken === undefined) {
      this.#spent.add(range);
      return undefined;
    }
    this.#counters.set(name, { next: taken.counter, end: taken.counter + COUNTERS });
    return taken;
  }

  /** The next counter of a message under an MSK; undefined: they are spent. */
  async takeCounter(msk: TrafficMsk): Promise<number | undefined> {
    const name = nameOfMsk(msk);
    let block = this.#counters.get(name);
    if (block === undefined || block.next === block.end) {
      const taken = await this.#reserve(msk, { mtkIds: 0, counters: COUNTERS });
      if (taken === undefined) return undefined;
      block = { next: taken.counter, end: taken.counter + COUNTERS };
      this.#counters.set(name, block);
    }
    block.next += 1;
    return block.next - 1;
  }
}
