import { loadPush, type Push } from '../../store/ledger/push.ts';
import type { Table } from '../../store/table.ts';

/** Pushes kept in memory. */
const MAX_PUSHES = 1000;

/**
 * Reads each push once: the record of a push never changes but for its completion, which no page asks for.
 */
export class RecordedPushes {
  readonly #table: Table;
  readonly #pushes = new Map<string, Push>();

  constructor(table: Table) {
    this.#table = table;
  }

  /** A push by its ID; undefined: it was deleted at the end of its time, with its ledger. */
  async load(pushId: string): Promise<Push | undefined> {
    const push = this.#pushes.get(pushId) ?? (await loadPush(this.#table, pushId));
    if (push === undefined) return undefined;
    this.#pushes.set(pushId, push);
    const [oldest] = this.#pushes.keys();
    if (this.#pushes.size > MAX_PUSHES && oldest !== undefined) this.#pushes.delete(oldest);
    return push;
  }
}
