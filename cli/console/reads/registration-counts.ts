import { EXACT_BELOW } from '../../../lib/inventory/services.ts';
import { countRegistrations } from '../../../lib/store/registration/registration-page.ts';
import type { Table } from '../../../lib/store/table.ts';

/** How long a page waits for a count, in ms: that of a small User Service is there by then. */
const WAIT_MS = 250;
/** How long a count is shown before it is made again, in ms. */
const FRESH_MS = 30_000;
/** User Services whose counts are kept; the oldest goes. */
const MAX_KEPT = 1000;

interface Count {
  last: number | undefined;
  countedAt: number;
  underWay: Promise<unknown> | undefined;
}

/**
 * How many UEs are registered to User Services, counted in the background: of a million UEs, some ten
 * thousand items are counted, and no page waits for that.
 */
export class RegistrationCounts {
  readonly #table: Table;
  readonly #counts = new Map<string, Count>();

  constructor(table: Table) {
    this.#table = table;
  }

  /** The latest count; undefined: it is being made for the first time. @throws what the table throws */
  async of(serviceId: string): Promise<number | undefined> {
    const count = this.#counts.get(serviceId) ?? { last: undefined, countedAt: 0, underWay: undefined };
    this.#counts.set(serviceId, count);
    for (const oldest of this.#counts.keys()) {
      if (this.#counts.size <= MAX_KEPT) break;
      this.#counts.delete(oldest);
    }
    if (count.underWay === undefined && Date.now() - count.countedAt > FRESH_MS) {
      count.underWay = this.#count(serviceId, count);
      // Who waits hears of a failure; later, the next count does.
      count.underWay.catch(() => {});
    }
    if (count.underWay !== undefined) await within(count.underWay, WAIT_MS);
    return count.last;
  }

  async #count(serviceId: string, count: Count): Promise<void> {
    try {
      count.last = await countRegistrations(this.#table, serviceId, EXACT_BELOW);
      count.countedAt = Date.now();
    } finally {
      count.underWay = undefined;
    }
  }
}

/** Waits for work so long, in ms. @throws what the work throws within that time */
async function within(work: Promise<unknown>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const time = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  try {
    await Promise.race([work, time]);
  } finally {
    clearTimeout(timer);
  }
}
