import { closeSync, openSync, writeSync } from 'node:fs';
import { csvLine } from '../csv.ts';
import { REJECTION_COLUMNS, type Row, type RowFormat } from './rows.ts';

/**
 * A file of rejected rows in the format of the imported one, with their lines and the reasons: correct it,
 * and import it. Columns with keys are left out. Others may not read the file.
 */
export class RejectedRows {
  readonly #file: number;
  readonly #format: RowFormat;
  readonly #columns: readonly string[];

  /** @param isResumed adds to a file that is there, instead of beginning it */
  constructor(
    file: string,
    format: RowFormat,
    secretColumns: readonly string[],
    { isResumed }: { readonly isResumed: boolean },
  ) {
    const isOwn = (column: string) => REJECTION_COLUMNS.some((each) => each === column);
    this.#file = openSync(file, isResumed ? 'a' : 'w', 0o600);
    this.#format = format;
    this.#columns = format.columns.filter((column) => !secretColumns.includes(column) && !isOwn(column));
    if (format.kind === 'csv' && !isResumed) this.#write([...REJECTION_COLUMNS, ...this.#columns]);
  }

  add({ line, fields = {} }: Row, reason: string): void {
    if (this.#format.kind === 'csv') {
      const cells = this.#columns.map((column) => String(fields[column] ?? ''));
      this.#write([String(line), reason, ...cells]);
      return;
    }
    const kept = this.#columns.filter((column) => column in fields).map((column) => [column, fields[column]]);
    writeSync(this.#file, `${JSON.stringify({ line, reason, ...Object.fromEntries(kept) })}\n`);
  }

  close(): void {
    closeSync(this.#file);
  }

  #write(cells: readonly string[]): void {
    writeSync(this.#file, csvLine(cells));
  }
}
