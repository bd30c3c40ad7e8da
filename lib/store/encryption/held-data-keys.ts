import { StoreError } from '../errors.ts';
import type { DataKeyRing } from './data-key-ring.ts';
import type { KeyWrapping } from './key-wrapping.ts';
import type { DataKey } from './sealed-octets.ts';

/** The ring as it was read at one time, and those of its data keys that were opened since. */
export class HeldDataKeys {
  /** undefined: the table has no data key yet. */
  readonly ring: DataKeyRing | undefined;
  /** Until when the ring and its data keys may be used, ms since the epoch. */
  readonly until: number;
  readonly #wrapping: KeyWrapping;
  readonly #opened = new Map<number, DataKey>();
  /** Calls of KMS under way by data key ID: callers that need the same data key share one call. */
  readonly #opening = new Map<number, Promise<DataKey>>();

  constructor(ring: DataKeyRing | undefined, until: number, wrapping: KeyWrapping) {
    this.ring = ring;
    this.until = until;
    this.#wrapping = wrapping;
  }

  get opened(): ReadonlyMap<number, DataKey> {
    return this.#opened;
  }

  /** Whether the ring has a data key of this ID. */
  has(id: number): boolean {
    return this.ring?.wrapped.has(id) === true;
  }

  /**
   * The data key of an ID, opened by KMS the first time.
   * @throws StoreError `corrupt-item` when the ring does not have it, `data-key-unavailable`
   */
  async open(id: number): Promise<DataKey> {
    const opened = this.#opened.get(id) ?? this.#opening.get(id);
    if (opened !== undefined) return opened;
    const opening = this.#unwrap(id).finally(() => this.#opening.delete(id));
    this.#opening.set(id, opening);
    return opening;
  }

  async #unwrap(id: number): Promise<DataKey> {
    const wrapped = this.ring?.wrapped.get(id);
    if (this.ring === undefined || wrapped === undefined)
      throw new StoreError('corrupt-item', `the ring has no data key ${id}`);
    const { madeFor } = this.ring;
    const key = await this.#wrapping.unwrap(wrapped, { table: madeFor, dataKeyId: id });
    const dataKey = { id, key, madeFor };
    this.#opened.set(id, dataKey);
    return dataKey;
  }
}
