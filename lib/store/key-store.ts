import type { DataKeys } from './encryption/data-keys.ts';
import type { OpenSealedKeys } from './encryption/sealed-batch.ts';
import type { Table } from './table.ts';

/** The table that holds the whole state of the BM-SC, and the data keys that its MUKs, MRKs and MSKs are sealed under. */
export interface KeyStore extends Table {
  readonly dataKeys: DataKeys;
  /** What opens many MUKs at once; undefined: one after another. */
  readonly openSealedKeys?: OpenSealedKeys;
}
