import type { DataKeys } from './encryption/data-keys.ts';
import type { SealedKeyOpener } from './encryption/sealed-batch.ts';
import type { Table } from './table.ts';

/**
 * The table with the whole state of the BM-SC, and the data keys that its MUKs, MRKs and MSKs are sealed
 * under.
 */
export interface KeyStore extends Table {
  /** The public part of the class: a benchmark has data keys without KMS. */
  readonly dataKeys: Pick<DataKeys, keyof DataKeys>;
  /** Opens the MUKs of a page; undefined: the reference does, see `openSealedKeys`. */
  readonly openSealedKeys?: SealedKeyOpener;
}
