import { addAbortSignal, type Readable } from 'node:stream';
import type { ImportKind, ImportTarget } from './import-kind.ts';
import { type ImportCounts, ImportRun } from './import-run.ts';
import { type Line, linesOf } from './lines.ts';
import { RejectedRows } from './rejected-rows.ts';
import { formatOf, type Row, type RowFormat, rowOf } from './rows.ts';
import type { StateFile } from './state-file.ts';

/** What is imported, and how. */
export interface ImportOptions {
  readonly input: Readable;
  /** Undefined: an import that can't go on later. */
  readonly state: StateFile | undefined;
  /** Go on where an earlier import of the same file was interrupted. */
  readonly isResuming: boolean;
  /** Where rejected rows are written; undefined: nowhere. */
  readonly rejectedFile: string | undefined;
  readonly concurrency: number;
  readonly isDry: boolean;
  readonly signal: AbortSignal;
  readonly onRejected: (line: number, reason: string) => void;
  readonly onWarning: (warning: string) => void;
  readonly onProgress: (counts: ImportCounts) => void;
}

/** What became of an import. */
export interface ImportResult extends ImportCounts {
  /** Lines that an earlier run had done; 0: none. */
  readonly resumedAfter: number;
  /** Rows that an earlier run rejected. */
  readonly rejectedBefore: number;
  /** False: it was interrupted, and all lines up to `doneLine` are done. */
  readonly isComplete: boolean;
  readonly doneLine: number;
}

/**
 * Imports the rows of a stream. It holds some rows for each write under way, and no more.
 * @throws UsageError for a header that is wrong: nothing is written; CliError when rows can't be written
 */
export async function importFile<Entry>(
  bmsc: ImportTarget,
  kind: ImportKind<Entry>,
  options: ImportOptions,
): Promise<ImportResult> {
  const { input, state, signal, isDry, concurrency } = options;
  const earlier = options.isResuming ? state?.read() : undefined;
  const resumedAfter = earlier?.line ?? 0;
  const rejectedBefore = earlier?.rejected ?? 0;
  addAbortSignal(signal, input);
  const lines = untilAborted(linesOf(input), signal);
  const { format, first } = await formatOf(lines, kind.columns);
  const rejected =
    options.rejectedFile === undefined
      ? undefined
      : new RejectedRows(options.rejectedFile, format, kind.secretColumns, { isResumed: resumedAfter > 0 });
  let doneLine = resumedAfter;
  const listener = {
    onRejected: (row: Row, reason: string) => {
      rejected?.add(row, reason);
      options.onRejected(row.line, reason);
    },
    onDone: (line: number) => {
      doneLine = Math.max(doneLine, line);
      save(false);
      options.onProgress(run.counts);
    },
    onWarning: options.onWarning,
  };
  const runOptions = { concurrency, isDry, doneBefore: resumedAfter, signal };
  const run = new ImportRun(kind, kind.begin(bmsc, isDry), listener, runOptions);
  const save = (isUrgent: boolean) =>
    state?.write({ line: doneLine, rejected: rejectedBefore + run.counts.rejected }, { isUrgent });
  try {
    const isComplete = await run.run(rowsOf(lines, first, format));
    if (isComplete) state?.remove();
    else save(true);
    return { ...run.counts, resumedAfter, rejectedBefore, isComplete, doneLine };
  } catch (error) {
    save(true);
    throw error;
  } finally {
    rejected?.close();
  }
}

async function* rowsOf(
  lines: AsyncGenerator<Line>,
  first: Line | undefined,
  format: RowFormat,
): AsyncGenerator<Row> {
  if (first !== undefined) {
    const row = rowOf(first, format);
    if (row !== undefined) yield row;
  }
  for await (const line of lines) {
    const row = rowOf(line, format);
    if (row !== undefined) yield row;
  }
}

/** The lines until the signal ends the stream: what ends it then is no error. */
async function* untilAborted(lines: AsyncGenerator<Line>, signal: AbortSignal): AsyncGenerator<Line> {
  try {
    yield* lines;
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
