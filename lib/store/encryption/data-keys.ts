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
import type { KeyWrapping } from './key-wrapping.ts';
import { type AttributePlace, type DataKey, sealKey } from './sealed-octets.ts';

/** Seals one key for its place in the table, see `sealKey`. */
export type Seal = (secret: SecretKey, place: AttributePlace) => AttributeValue.BMember;

/** Data keys by their ID, opened. */
export type OpenedDataKeys = ReadonlyMap<number, DataKey>;

/** The data keys of a table as one process holds them: opened by KMS, kept for a bounded time. */
export interface DataKeys {
  /** What is held and young enough, perhaps nothing. No round trip. */
  readonly held: () => OpenedDataKeys;
  /**
   * The same with data keys that were missing in it: a call of KMS for each, and one read if the ring is not held
   * or does not name them all. Those that the table does not have stay missing.
   * @throws StoreError `data-key-unavailable`
   */
  readonly heldWith: (missing: Iterable<number>) => Promise<OpenedDataKeys>;
  /**
   * Opens the current data key if there is one, so that a process learns at its start whether it may.
   * @throws StoreError `data-key-unavailable`
   */
  readonly prepare: () => Promise<void>;
  /**
   * Leave to seal so many keys under the current data key, which is made if there is none, and replaced when it
   * has made all the seals that it may.
   * @throws StoreError `data-key-unavailable`; `conflict` when others keep changing the data keys
   */
  readonly sealer: (seals: number) => Promise<Seal>;
  /**
   * Makes a new data key and makes it the current one; what is sealed under older ones stays readable. Other
   * processes seal under it once what they hold is too old.
   * @returns the ID of the current data key; when several rotate at once, one new one for all
   * @throws StoreError `data-key-unavailable`
   */
  readonly rotate: () => Promise<number>;
}

/** What may differ in tests. */
export interface DataKeysOptions {
  /** ms since the epoch */
  readonly now?: () => number;
  /** How long opened data keys are held, in ms. */
  readonly lifetimeMs?: number;
}

/** A data key that KMS no longer gives, or that was replaced, is used for ten minutes more at most. */
export const DATA_KEY_LIFETIME_MS = 600_000;

/** Seals are counted in the table by so many, which a process may then make without asking again. */
export const SEALS_RESERVED = 1024;

const TRIES = 5;

interface Held {
  readonly ring: DataKeyRing | undefined;
  readonly opened: Map<number, DataKey>;
  /** Calls of KMS under way, by the ID of the data key, so that many who need one wait for one. */
  readonly opening: Map<number, Promise<DataKey>>;
  readonly until: number;
}

const NOTHING_HELD: Held = { ring: undefined, opened: new Map(), opening: new Map(), until: 0 };

/** The data keys of a table. Nothing is read before the first use. */
export function createDataKeys(
  table: Table,
  wrapping: KeyWrapping,
  { now = Date.now, lifetimeMs = DATA_KEY_LIFETIME_MS }: DataKeysOptions = {},
): DataKeys {
  let held = NOTHING_HELD;
  let loading: Promise<Held> | undefined;
  let making: Promise<Held> | undefined;
  let reserving: Promise<boolean> | undefined;
  let reserved = { id: 0, seals: 0 };

  const unwrap = async (known: Held, ring: DataKeyRing, id: number): Promise<DataKey> => {
    const wrapped = ring.wrapped.get(id);
    if (wrapped === undefined) throw new StoreError('corrupt-item', `the ring has no data key ${id}`);
    const key = await wrapping.unwrap(wrapped, { table: ring.madeFor, dataKeyId: id });
    const dataKey = { id, key, madeFor: ring.madeFor };
    known.opened.set(id, dataKey);
    return dataKey;
  };

  const open = async (known: Held, ring: DataKeyRing, id: number): Promise<DataKey> => {
    const opened = known.opened.get(id);
    if (opened !== undefined) return opened;
    const underWay = known.opening.get(id);
    if (underWay !== undefined) return underWay;
    const opening = unwrap(known, ring, id).finally(() => known.opening.delete(id));
    known.opening.set(id, opening);
    return opening;
  };

  const read = async (): Promise<Held> => {
    // The clock before the read, so that nothing is held longer than it says.
    const until = now() + lifetimeMs;
    held = { ring: await loadDataKeyRing(table), opened: new Map(), opening: new Map(), until };
    return held;
  };

  const load = (): Promise<Held> => {
    loading ??= read().finally(() => {
      loading = undefined;
    });
    return loading;
  };

  /** A load that begins now: one under way may have read before that which the caller knows of. */
  const reload = async (): Promise<Held> => {
    await loading?.catch(() => undefined);
    return load();
  };

  const isFresh = () => now() < held.until;

  const ready = async (): Promise<Held> => (isFresh() ? held : load());

  /** Of several processes that make the first data key, one is first, and the others use it. */
  const makeFirst = async (): Promise<Held> => {
    const purpose = { table: table.tableName, dataKeyId: FIRST_DATA_KEY_ID };
    await putFirstDataKey(table, await wrapping.newDataKey(purpose));
    return reload();
  };

  const ringWithDataKey = async (): Promise<{ ring: DataKeyRing; current: DataKey }> => {
    let known = await ready();
    if (known.ring === undefined) {
      making ??= makeFirst().finally(() => {
        making = undefined;
      });
      known = await making;
    }
    if (known.ring === undefined)
      throw new StoreError('corrupt-item', `the data keys of table ${table.tableName} are gone`);
    return { ring: known.ring, current: await open(known, known.ring, known.ring.currentId) };
  };

  const addNext = async ({ madeFor, currentId }: DataKeyRing): Promise<void> => {
    const wrapped = await wrapping.newDataKey({ table: madeFor, dataKeyId: currentId + 1 });
    await addDataKey(table, currentId, wrapped);
    await reload();
  };

  /** False when the data key is no longer current; then another one is known afterwards. */
  const reserve = async ({ id }: DataKey, seals: number): Promise<boolean> => {
    if (await reserveSeals(table, id, seals)) {
      reserved = { id, seals: seals + (reserved.id === id ? reserved.seals : 0) };
      return true;
    }
    const { ring } = await reload();
    if (ring?.currentId === id) await addNext(ring);
    return false;
  };

  return {
    held: () => (isFresh() ? held : NOTHING_HELD).opened,
    heldWith: async (missing) => {
      const ids = [...missing];
      const isNamed = (known: Held, id: number) => known.ring?.wrapped.has(id) === true;
      let known = await ready();
      if (!ids.every((id) => isNamed(known, id))) known = await reload();
      const { ring } = known;
      if (ring === undefined) return known.opened;
      await Promise.all(ids.filter((id) => isNamed(known, id)).map((id) => open(known, ring, id)));
      return known.opened;
    },
    prepare: async () => {
      const known = await ready();
      if (known.ring !== undefined) await open(known, known.ring, known.ring.currentId);
    },
    sealer: async (seals) => {
      for (let conflicts = 0; conflicts < TRIES; ) {
        const { current } = await ringWithDataKey();
        if (reserved.id === current.id && reserved.seals >= seals) {
          reserved.seals -= seals;
          return (secret, place) => ({ B: sealKey(current, secret, place) });
        }
        reserving ??= reserve(current, Math.max(seals, SEALS_RESERVED)).finally(() => {
          reserving = undefined;
        });
        if (!(await reserving)) conflicts += 1;
      }
      throw new StoreError('conflict', 'the data keys are being changed by others: try again');
    },
    rotate: async () => {
      const { ring } = await reload();
      if (ring !== undefined) await addNext(ring);
      return (await ringWithDataKey()).ring.currentId;
    },
  };
}
