import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { SecretKey } from '../../keys/secret-key.ts';
import { StoreError } from '../errors.ts';
import type { Table } from '../table.ts';
import {
  addDataKey,
  type DataKeyRing,
  FIRST_DATA_KEY_ID,
  loadDataKeyRing,
  putFirstDataKey,
  reserveSeals,
} from './data-key-ring.ts';
import { HeldDataKeys } from './held-data-keys.ts';
import type { KeyWrapping } from './key-wrapping.ts';
import { type AttributeLocation, type DataKey, sealKey } from './sealed-octets.ts';

/** Seals one key for its location in the table, see `sealKey`. */
export type Seal = (secret: SecretKey, location: AttributeLocation) => AttributeValue.BMember;

/** Data keys by their ID, opened. */
export type OpenedDataKeys = ReadonlyMap<number, DataKey>;

/** Settings that differ in tests. */
export interface DataKeysOptions {
  /** ms since the epoch */
  readonly now?: () => number;
  /** How long opened data keys are held, in ms. */
  readonly lifetimeMs?: number;
}

/** A data key that KMS no longer gives, or that was replaced, is used for ten minutes more at most. */
export const DATA_KEY_LIFETIME_MS = 600_000;

/** Seals that a process counts in the table in one write, and then makes without another. */
export const SEALS_RESERVED = 1024;

const TRIES = 5;

/** Seals that are counted in the table and not made yet. */
interface ReservedSeals {
  readonly dataKeyId: number;
  seals: number;
}

/** The data keys of a table as one process holds them: opened by KMS, kept for a bounded time. */
export class DataKeys {
  readonly #table: Table;
  readonly #wrapping: KeyWrapping;
  readonly #now: () => number;
  readonly #lifetimeMs: number;
  #held: HeldDataKeys;
  #reserved: ReservedSeals = { dataKeyId: 0, seals: 0 };
  // Work under way, which callers share.
  #loading: Promise<HeldDataKeys> | undefined;
  #makingFirst: Promise<HeldDataKeys> | undefined;
  #reserving: Promise<boolean> | undefined;

  /** Reads nothing before the first use. */
  constructor(
    table: Table,
    wrapping: KeyWrapping,
    { now = Date.now, lifetimeMs = DATA_KEY_LIFETIME_MS }: DataKeysOptions = {},
  ) {
    this.#table = table;
    this.#wrapping = wrapping;
    this.#now = now;
    this.#lifetimeMs = lifetimeMs;
    this.#held = this.#nothingHeld();
  }

  /** The opened data keys that are young enough, perhaps none. No round trip. */
  held(): OpenedDataKeys {
    return (this.#isFresh() ? this.#held : this.#nothingHeld()).opened;
  }

  /**
   * The same with data keys that were missing in it: one call of KMS for each, and one read if the ring is
   * not held or does not have them all. Data keys that the table does not have stay missing.
   * @throws StoreError `data-key-unavailable`
   */
  async heldWith(missing: Iterable<number>): Promise<OpenedDataKeys> {
    const ids = [...missing];
    let held = await this.#ready();
    if (!ids.every((id) => held.has(id))) held = await this.#reload();
    await Promise.all(ids.filter((id) => held.has(id)).map((id) => held.open(id)));
    return held.opened;
  }

  /**
   * Opens the current data key if there is one, so that a process learns at its start whether it may.
   * @throws StoreError `data-key-unavailable`
   */
  async prepare(): Promise<void> {
    const held = await this.#ready();
    if (held.ring !== undefined) await held.open(held.ring.currentId);
  }

  /**
   * Permission for a number of seals under the current data key. The first call makes the data key, and a
   * data key that has made all its seals is replaced.
   * @throws StoreError `data-key-unavailable`; `conflict` when others keep changing the data keys
   */
  async sealer(seals: number): Promise<Seal> {
    for (let conflicts = 0; conflicts < TRIES; ) {
      const { current } = await this.#ringWithDataKey();
      if (this.#reserved.dataKeyId === current.id && this.#reserved.seals >= seals) {
        this.#reserved.seals -= seals;
        return (secret, location) => ({ B: sealKey(current, secret, location) });
      }
      this.#reserving ??= this.#reserve(current.id, Math.max(seals, SEALS_RESERVED)).finally(() => {
        this.#reserving = undefined;
      });
      if (!(await this.#reserving)) conflicts += 1;
    }
    throw new StoreError('conflict', 'the data keys are being changed by others: try again');
  }

  /**
   * Makes a new data key and makes it the current one; keys sealed under older ones stay readable. Other
   * processes seal under it when the lifetime of their data keys ends.
   * @returns the ID of the current data key; concurrent rotations share one new data key
   * @throws StoreError `data-key-unavailable`
   */
  async rotate(): Promise<number> {
    const { ring } = await this.#reload();
    if (ring !== undefined) await this.#addNext(ring);
    return (await this.#ringWithDataKey()).ring.currentId;
  }

  #nothingHeld(): HeldDataKeys {
    return new HeldDataKeys(undefined, 0, this.#wrapping);
  }

  #isFresh(): boolean {
    return this.#now() < this.#held.until;
  }

  async #ready(): Promise<HeldDataKeys> {
    return this.#isFresh() ? this.#held : this.#load();
  }

  #load(): Promise<HeldDataKeys> {
    this.#loading ??= this.#read().finally(() => {
      this.#loading = undefined;
    });
    return this.#loading;
  }

  async #read(): Promise<HeldDataKeys> {
    // Takes the time before the read, so that nothing is held for longer than its lifetime.
    const until = this.#now() + this.#lifetimeMs;
    this.#held = new HeldDataKeys(await loadDataKeyRing(this.#table), until, this.#wrapping);
    return this.#held;
  }

  /** A load that begins now: one under way may have read before the change that the caller knows of. */
  async #reload(): Promise<HeldDataKeys> {
    await this.#loading?.catch(() => undefined);
    return this.#load();
  }

  async #ringWithDataKey(): Promise<{ ring: DataKeyRing; current: DataKey }> {
    let held = await this.#ready();
    if (held.ring === undefined) {
      this.#makingFirst ??= this.#makeFirst().finally(() => {
        this.#makingFirst = undefined;
      });
      held = await this.#makingFirst;
    }
    const { ring } = held;
    if (ring === undefined)
      throw new StoreError('corrupt-item', `the data keys of table ${this.#table.tableName} are gone`);
    return { ring, current: await held.open(ring.currentId) };
  }

  /** If several processes make the first data key, one write succeeds, and all use that data key. */
  async #makeFirst(): Promise<HeldDataKeys> {
    const purpose = { table: this.#table.tableName, dataKeyId: FIRST_DATA_KEY_ID };
    await putFirstDataKey(this.#table, await this.#wrapping.newDataKey(purpose));
    return this.#reload();
  }

  async #addNext({ madeFor, currentId }: DataKeyRing): Promise<void> {
    const wrapped = await this.#wrapping.newDataKey({ table: madeFor, dataKeyId: currentId + 1 });
    await addDataKey(this.#table, currentId, wrapped);
    await this.#reload();
  }

  /** @returns false when the data key is no longer current; another one is held then */
  async #reserve(dataKeyId: number, seals: number): Promise<boolean> {
    if (await reserveSeals(this.#table, dataKeyId, seals)) {
      const left = this.#reserved.dataKeyId === dataKeyId ? this.#reserved.seals : 0;
      this.#reserved = { dataKeyId, seals: seals + left };
      return true;
    }
    const { ring } = await this.#reload();
    if (ring?.currentId === dataKeyId) await this.#addNext(ring);
    return false;
  }
}
