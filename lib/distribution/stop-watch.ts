import type { Impi } from '../gba/impi.ts';
import { listBlocked } from '../store/registration/block.ts';
import { loadStops } from '../store/stops.ts';
import type { Table } from '../store/table.ts';
import type { Delivery } from './delivery/delivery.ts';

/** What the watch needs beside the table. */
export interface StopWatchPorts {
  readonly delivery: Pick<Delivery, 'cancel' | 'block' | 'blockOnly' | 'unblock' | 'revoke'>;
  /** ms since the epoch, by the service clock. */
  readonly now: () => number;
}

/** How often all blocked subscribers are read, in ms; in between, what changes. */
const ALL_EVERY_MS = 600_000;
const ENTRIES_PER_READ = 100;
/** How much earlier than the last look a stop may be written, in ms: other clocks are behind this one. */
const BEHIND_MS = 600_000;

/**
 * Hears of cancelled pushes, blocked subscribers and revoked MSKs while their messages wait in this sender's
 * memory. It knows all blocked subscribers: a block also stands above a registration that was being written
 * meanwhile.
 */
export class StopWatch {
  readonly #table: Table;
  readonly #ports: StopWatchPorts;
  #lookedAt: number;
  #readAllAt = Number.NEGATIVE_INFINITY;

  constructor(table: Table, ports: StopWatchPorts) {
    this.#table = table;
    this.#ports = ports;
    this.#lookedAt = ports.now();
  }

  /** Reads what is to stop, and stops it. Repeated calls stop it once. @throws the SDK's errors */
  async look(): Promise<void> {
    const { delivery, now } = this.#ports;
    const at = now();
    if (at - this.#readAllAt >= ALL_EVERY_MS) {
      delivery.blockOnly(await this.#allBlocked());
      this.#readAllAt = at;
    }
    for (const stop of await loadStops(this.#table, this.#lookedAt - BEHIND_MS)) {
      if (stop.kind === 'push-cancelled') delivery.cancel(stop.pushId);
      else if (stop.kind === 'subscriber-blocked') delivery.block(stop.impi);
      else if (stop.kind === 'subscriber-unblocked') delivery.unblock(stop.impi);
      else delivery.revoke(stop);
    }
    this.#lookedAt = at;
  }

  async #allBlocked(): Promise<readonly Impi[]> {
    const impis: Impi[] = [];
    let after: string | undefined;
    do {
      const { entries, next } = await listBlocked(this.#table, { limit: ENTRIES_PER_READ, after });
      impis.push(...entries);
      after = next;
    } while (after !== undefined);
    return impis;
  }
}
