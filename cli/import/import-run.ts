import { setTimeout as delay } from 'node:timers/promises';
import { StoreError, type StoreErrorCode } from '../../lib/store/errors.ts';
import { CliError } from '../errors.ts';
import { type ImportKind, type ImportWriter, RowError } from './import-kind.ts';
import type { Row } from './rows.ts';

/** How many rows an import has done with. */
export interface ImportCounts {
  /** All rows that were read, without those that an earlier run had done. */
  rows: number;
  imported: number;
  rejected: number;
}

/** What an import tells while it runs. */
export interface ImportListener {
  /** A row was not written, and why. */
  readonly onRejected: (row: Row, reason: string) => void;
  /** All rows up to this line are done with, and told of. */
  readonly onDone: (line: number) => void;
  readonly onWarning: (warning: string) => void;
}

/** How an import is run. */
export interface ImportRunOptions {
  /** Groups of rows that are written at the same time, at most. */
  readonly concurrency: number;
  /** Check rows, and write nothing. */
  readonly isDry: boolean;
  /** Rows up to this line were done by an earlier run. */
  readonly doneBefore: number;
  /** No row is begun after it is aborted. */
  readonly signal: AbortSignal;
  /** Before each further try of a write, in ms. */
  readonly pausesMs?: readonly number[];
}

/** Throttling and short outages pass; the SDK has tried three times itself before each. */
const PAUSES_MS = [200, 1000, 3000, 8000, 15_000];
/** What the row itself causes: another try ends as this one. */
const REFUSALS: ReadonlySet<StoreErrorCode | string> = new Set(['invalid', 'exists', 'blocked']);
/** What waiting does not mend. */
const HOPELESS = /AccessDenied|ExpiredToken|UnrecognizedClient|InvalidSignature|ResourceNotFound|Credentials/;

interface Group<Entry> {
  readonly key: string;
  readonly rows: { readonly row: Row; readonly entry: Entry }[];
}

/**
 * Writes rows, many at the same time, in bounded memory. Rows of one key are written in their order; others
 * in any. A row that is wrong is told of, and the others go on.
 */
export class ImportRun<Entry> {
  readonly counts: ImportCounts = { rows: 0, imported: 0, rejected: 0 };
  readonly #kind: ImportKind<Entry>;
  readonly #writer: ImportWriter<Entry>;
  readonly #listener: ImportListener;
  readonly #options: ImportRunOptions;
  /** Groups under way, by their key: the next of the same key waits for it. */
  readonly #underWay = new Map<string, Promise<void>>();
  readonly #tasks = new Set<Promise<void>>();
  /** Called when a task ends: one waits for room. */
  #onRoom: () => void = () => {};
  /** Lines that are read and not done with. */
  readonly #openLines = new Set<number>();
  readonly #warnings = new Set<string>();
  #lastLine = 0;
  #failure: unknown;

  constructor(
    kind: ImportKind<Entry>,
    writer: ImportWriter<Entry>,
    listener: ImportListener,
    options: ImportRunOptions,
  ) {
    this.#kind = kind;
    this.#writer = writer;
    this.#listener = listener;
    this.#options = options;
  }

  /**
   * Takes all rows.
   * @returns false when it was stopped before the last row
   * @throws CliError when rows can't be written at all; what is under way is done with then
   */
  async run(rows: AsyncIterable<Row>): Promise<boolean> {
    const { signal, doneBefore } = this.#options;
    let group: Group<Entry> | undefined;
    for await (const row of rows) {
      if (signal.aborted || this.#failure !== undefined) break;
      if (row.line <= doneBefore) continue;
      this.#lastLine = row.line;
      this.counts.rows += 1;
      const entry = this.#parsed(row);
      if (entry === undefined) continue;
      this.#openLines.add(row.line);
      const key = this.#kind.keyOf(entry);
      if (group !== undefined && (group.key !== key || group.rows.length >= this.#kind.atOnce)) {
        await this.#begin(group);
        group = undefined;
      }
      group ??= { key, rows: [] };
      group.rows.push({ row, entry });
    }
    if (group !== undefined && !signal.aborted && this.#failure === undefined) await this.#begin(group);
    await Promise.all(this.#tasks);
    if (this.#failure !== undefined) throw this.#stopped(this.#failure);
    return !signal.aborted;
  }

  #parsed(row: Row): Entry | undefined {
    try {
      if (row.fault !== undefined) throw new RowError(row.fault);
      const entry = this.#kind.parse(row.fields);
      const warning = this.#kind.warningAbout?.(entry);
      if (warning !== undefined && !this.#warnings.has(warning)) {
        this.#warnings.add(warning);
        this.#listener.onWarning(warning);
      }
      return entry;
    } catch (error) {
      if (!(error instanceof RowError)) throw error;
      this.#reject(row, error.message);
      this.#tellDone();
      return undefined;
    }
  }

  /** Starts a group, as soon as there is room for it. */
  async #begin(group: Group<Entry>): Promise<void> {
    while (this.#tasks.size >= this.#options.concurrency)
      await new Promise<void>((resolve) => {
        this.#onRoom = resolve;
      });
    const before = this.#underWay.get(group.key);
    const task = this.#finish(group, before);
    this.#underWay.set(group.key, task);
    this.#tasks.add(task);
    void task.then(() => {
      this.#tasks.delete(task);
      this.#onRoom();
      if (this.#underWay.get(group.key) === task) this.#underWay.delete(group.key);
    });
  }

  /** Never rejects: what stops the import is kept in `#failure`. */
  async #finish(group: Group<Entry>, before: Promise<void> | undefined): Promise<void> {
    await before;
    try {
      const good: Group<Entry>['rows'] = [];
      for (const each of group.rows)
        if (await this.#isTaken(each.row, () => this.#writer.check(each.entry))) good.push(each);
      const [first, ...others] = good;
      if (first !== undefined && !this.#options.isDry) {
        const entries = [first.entry, ...others.map(({ entry }) => entry)] as const;
        if (await this.#isTaken(first.row, () => this.#writer.write([...entries]), good)) this.#count(good);
      } else this.#count(good);
      for (const { row } of group.rows) this.#openLines.delete(row.line);
      this.#tellDone();
    } catch (error) {
      this.#failure ??= error;
    }
  }

  #count(good: Group<Entry>['rows']): void {
    this.counts.imported += good.length;
  }

  /** Whether a step was done; what the row itself causes rejects it, and all that were written with it. */
  async #isTaken(
    row: Row,
    step: () => Promise<void>,
    all: readonly { readonly row: Row }[] = [{ row }],
  ): Promise<boolean> {
    try {
      await this.#patiently(step);
      return true;
    } catch (error) {
      const isRefusal = error instanceof StoreError && REFUSALS.has(error.code);
      if (!(error instanceof RowError) && !isRefusal) throw error;
      for (const each of all) this.#reject(each.row, error.message);
      return false;
    }
  }

  /** Tries again what throttling or an outage may have stopped. */
  async #patiently(step: () => Promise<void>): Promise<void> {
    for (const pause of this.#options.pausesMs ?? PAUSES_MS) {
      try {
        return await step();
      } catch (error) {
        const isRefusal = error instanceof StoreError && REFUSALS.has(error.code);
        const isHopeless = error instanceof Error && HOPELESS.test(error.name);
        if (error instanceof RowError || isRefusal || isHopeless) throw error;
        if (this.#options.signal.aborted || this.#failure !== undefined) throw error;
        await delay(pause * (0.5 + Math.random()), undefined, { signal: this.#options.signal }).catch(
          () => {},
        );
      }
    }
    await step();
  }

  #reject(row: Row, reason: string): void {
    this.counts.rejected += 1;
    this.#listener.onRejected(row, reason);
  }

  #tellDone(): void {
    // The open line that was added first is the lowest.
    const [lowest] = this.#openLines;
    this.#listener.onDone(lowest === undefined ? this.#lastLine : lowest - 1);
  }

  #stopped(cause: unknown): CliError {
    const reason = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
    const [lowest] = this.#openLines;
    return new CliError(`stopped at line ${lowest ?? this.#lastLine}: ${reason}`, { cause });
  }
}
