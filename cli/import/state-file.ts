import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import * as v from 'valibot';

/** What an import of a file was: the same file into the same table goes on where it was interrupted. */
export interface ImportIdentity {
  readonly kind: string;
  /** Name and creation of the table: an emulator gives a new table an old name. */
  readonly table: string;
  /** Octets of the file, and when it was changed, in ms since the epoch. */
  readonly size: number;
  readonly changedAt: number;
}

const State = v.object({
  kind: v.string(),
  table: v.string(),
  size: v.number(),
  changedAt: v.number(),
  /** All lines up to this one are done with. */
  line: v.number(),
  rejected: v.number(),
});
export type ImportState = v.InferOutput<typeof State>;

/** How often it is written, in ms: so much is done again after a crash. */
const WRITTEN_EVERY_MS = 500;

/** Where an import stands, in a file beside the imported one. */
export class StateFile {
  readonly file: string;
  readonly #identity: ImportIdentity;
  #writtenAt = 0;

  constructor(imported: string, identity: ImportIdentity) {
    this.file = `${imported}.import-state`;
    this.#identity = identity;
  }

  /** What an interrupted import of the same file has left; undefined: nothing, or another file's. */
  read(): ImportState | undefined {
    try {
      const parsed = v.safeParse(State, JSON.parse(readFileSync(this.file, 'utf8')));
      if (!parsed.success) return undefined;
      const { kind, table, size, changedAt } = this.#identity;
      const { output } = parsed;
      const isSame =
        output.kind === kind &&
        output.table === table &&
        output.size === size &&
        output.changedAt === changedAt;
      return isSame ? output : undefined;
    } catch {
      return undefined;
    }
  }

  /** Writes it, at once or if it was not written lately. A crash leaves the old one or the new one. */
  write(state: Pick<ImportState, 'line' | 'rejected'>, { isUrgent }: { readonly isUrgent: boolean }): void {
    const now = Date.now();
    if (!isUrgent && now - this.#writtenAt < WRITTEN_EVERY_MS) return;
    this.#writtenAt = now;
    const next = `${this.file}.next`;
    writeFileSync(next, `${JSON.stringify({ ...this.#identity, ...state })}\n`);
    renameSync(next, this.file);
  }

  /** The import is complete. */
  remove(): void {
    rmSync(this.file, { force: true });
  }
}
