import { updateIf } from './conditional-write.ts';
import { lookUpsKey } from './item-keys.ts';
import type { Table } from './table.ts';

/** One window of the allowance, in ms. */
const WINDOW_MS = 1000;

/** How long the item of a window stays, in seconds; it is of no use after the window. */
const KEPT_S = 3600;

/** A lease is this part of the allowance: so few writes share it out among all instances. */
const LEASES = 10;

/**
 * The look-ups in the network that all instances of the Key Request function together may make in each
 * second. An instance takes them in leases from one item of the table, a tenth of the allowance each; once
 * the item is used up, it asks no more until the next second. A flood costs at most ten leases and one
 * refused write of each instance a second.
 */
export class LookUpAllowance {
  readonly #table: Table;
  readonly #perSecond: number;
  readonly #lease: number;
  #window = -1;
  #left = 0;
  #isUsedUp = false;

  /** @param perSecond the bound, a whole number of 1 or more */
  constructor(table: Table, perSecond: number) {
    this.#table = table;
    this.#perSecond = perSecond;
    this.#lease = Math.max(1, Math.floor(perSecond / LEASES));
  }

  /**
   * Takes one look-up.
   * @param now ms since the epoch
   * @returns false when none is left in this second
   * @throws the SDK's errors
   */
  async take(now: number): Promise<boolean> {
    const window = Math.floor(now / WINDOW_MS);
    if (window !== this.#window) {
      this.#window = window;
      this.#left = 0;
      this.#isUsedUp = false;
    }
    if (this.#left === 0 && !this.#isUsedUp) await this.#takeLease(window);
    if (this.#left === 0 || window !== this.#window) return false;
    this.#left -= 1;
    return true;
  }

  async #takeLease(window: number): Promise<void> {
    const granted = await updateIf(this.#table, lookUpsKey(window), {
      update: 'ADD used :lease SET #ttl = :ttl',
      condition: 'attribute_not_exists(used) OR used <= :most',
      names: { '#ttl': 'ttl' },
      values: {
        ':lease': { N: String(this.#lease) },
        ':most': { N: String(this.#perSecond - this.#lease) },
        ':ttl': { N: String(Math.ceil((window * WINDOW_MS) / 1000) + KEPT_S) },
      },
    });
    if (window !== this.#window) return;
    if (granted) this.#left += this.#lease;
    else this.#isUsedUp = true;
  }
}
