import { parse } from 'csv-parse/sync';
import { UsageError } from '../errors.ts';
import type { Line } from './lines.ts';

/** A row of a file by the names of its columns; or why its line is none. */
export type Row = { readonly line: number } & (
  | { readonly fields: Readonly<Record<string, unknown>>; readonly fault?: undefined }
  | { readonly fields?: undefined; readonly fault: string }
);

/** What a file's rows look like. */
export interface RowFormat {
  readonly kind: 'csv' | 'jsonl';
  /** Of CSV, in order; those that JSON Lines may have. */
  readonly columns: readonly string[];
}

/** Columns of an import: those that a file must have, and those that it may have. */
export interface Columns {
  readonly required: readonly string[];
  readonly optional: readonly string[];
}

/** Columns of a file of rejected rows, which is imported again as it is: they are not looked at. */
export const REJECTION_COLUMNS = ['line', 'reason'] as const;

/**
 * Takes the first line that is not empty: the header of a CSV file, or an object of JSON Lines.
 * @throws UsageError when a column is missing, unknown or there twice
 */
export async function formatOf(
  lines: AsyncIterator<Line>,
  { required, optional }: Columns,
): Promise<{ readonly format: RowFormat; readonly first: Line | undefined }> {
  const known = [...required, ...optional, ...REJECTION_COLUMNS];
  const first = await firstLine(lines);
  if (first === undefined) return { format: { kind: 'jsonl', columns: known }, first };
  if (first.fault !== undefined) throw new UsageError(`line ${first.number}: ${first.fault}`);
  if (first.text.trimStart().startsWith('{')) return { format: { kind: 'jsonl', columns: known }, first };
  const columns = cellsOf(first.text);
  const says = `line ${first.number} names the columns`;
  if (typeof columns === 'string') throw new UsageError(`${says}, and can't be read: ${columns}`);
  const unknown = columns.filter((column) => !known.includes(column));
  const missing = required.filter((column) => !columns.includes(column));
  const twice = columns.filter((column, index) => columns.indexOf(column) !== index);
  const all = `it must have ${required.join(', ')}, and may have ${optional.join(', ') || 'no other'}`;
  if (missing.length > 0) throw new UsageError(`${says}: ${missing.join(', ')} is missing; ${all}`);
  if (unknown.length > 0)
    throw new UsageError(`${says}: ${unknown.map((each) => `"${each}"`).join(', ')} is unknown; ${all}`);
  if (twice.length > 0) throw new UsageError(`${says}: ${twice.join(', ')} is there twice`);
  return { format: { kind: 'csv', columns }, first: undefined };
}

async function firstLine(lines: AsyncIterator<Line>): Promise<Line | undefined> {
  for (let next = await lines.next(); next.done !== true; next = await lines.next())
    if (next.value.text?.trim() !== '') return next.value;
  return undefined;
}

/** The row of a line; undefined for an empty line. An empty cell of CSV is a column that is absent. */
export function rowOf(line: Line, { kind, columns }: RowFormat): Row | undefined {
  if (line.fault !== undefined) return { line: line.number, fault: line.fault };
  if (line.text.trim() === '') return undefined;
  return { line: line.number, ...(kind === 'csv' ? csvRow : jsonRow)(line.text, columns) };
}

type Fields = { readonly fields: Readonly<Record<string, unknown>> } | { readonly fault: string };

/**
 * A row is one line: nothing that is imported has a line break in it, and so a quote that is not closed
 * spoils one row, not the rest of the file.
 */
function csvRow(text: string, columns: readonly string[]): Fields {
  const cells = cellsOf(text);
  if (typeof cells === 'string') return { fault: cells };
  if (cells.length !== columns.length)
    return { fault: `the row has ${cells.length} cells, and the file ${columns.length} columns` };
  const named = columns.map((column, index): [string, string] => [column, cells[index] ?? '']);
  return { fields: withoutRejection(Object.fromEntries(named.filter(([, cell]) => cell !== ''))) };
}

/** The cells of one line, or why it has none. The reason repeats nothing of the line: it may be a key. */
function cellsOf(text: string): string[] | string {
  try {
    const [cells] = parse(text, { relax_column_count: true });
    return cells ?? [''];
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    return code === 'CSV_QUOTE_NOT_CLOSED' ? 'a quote is not closed' : 'a quote stands where none may';
  }
}

function jsonRow(text: string, columns: readonly string[]): Fields {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { fault: 'the line is no JSON' };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { fault: 'the line is no JSON object' };
  const unknown = Object.keys(value).find((name) => !columns.includes(name));
  if (unknown !== undefined) return { fault: `unknown member; known are ${columns.join(', ')}` };
  return { fields: withoutRejection({ ...value }) };
}

function withoutRejection(fields: Record<string, unknown>): Record<string, unknown> {
  for (const column of REJECTION_COLUMNS) delete fields[column];
  return fields;
}
