import type { DeployedBmsc } from '../stack.ts';
import type { Columns } from './rows.ts';

/** A row is wrong: it is written into the file of rejected rows, and the import goes on. */
export class RowError extends Error {
  override readonly name = 'RowError';
}

/** The part of a BM-SC that an import needs. */
export type ImportTarget = Pick<DeployedBmsc, 'store' | 'keyDomains' | 'unwrap'>;

/** One kind of thing that is imported. `Entry` is a row that was parsed. */
export interface ImportKind<Entry> {
  readonly name: string;
  readonly columns: Columns;
  /** Columns that hold keys, which no other file repeats. */
  readonly secretColumns: readonly string[];
  /** @throws RowError */
  readonly parse: (fields: Readonly<Record<string, unknown>>) => Entry;
  /** Entries of one key are written one after another, and `atOnce` that follow each other by one call. */
  readonly keyOf: (entry: Entry) => string;
  readonly atOnce: number;
  /** What the file has that a person should know of, once; undefined: nothing. */
  readonly warningAbout?: (entry: Entry) => string | undefined;
  /** Begins an import into one BM-SC, or a look whether it could be done. */
  readonly begin: (bmsc: ImportTarget, isDry: boolean) => ImportWriter<Entry>;
}

/** Writes the entries of one import. Both throw RowError, or StoreError for what the table refuses. */
export interface ImportWriter<Entry> {
  /** Looks whether an entry may be written; writes nothing. */
  readonly check: (entry: Entry) => Promise<void>;
  /** Writes entries of one key that were checked. Repeatable, and right whatever others write meanwhile. */
  readonly write: (entries: readonly [Entry, ...Entry[]]) => Promise<void>;
}
