import stringWidth from 'string-width';

/** A column of a table: its title, and the text of a row in it. */
export interface Column<Row> {
  readonly title: string;
  readonly text: (row: Row) => string;
  /** Numbers stand right. */
  readonly align?: 'left' | 'right';
}

/** How a table is printed. */
export interface TableOptions {
  /** One JSON object a line, of all fields of a row, in place of the table. */
  readonly json: boolean | undefined;
  /** Columns of the terminal; undefined: those of standard output, or no bound where it is none. */
  readonly width?: number | undefined;
  readonly write?: (text: string) => void;
}

/** The widths of columns are taken from this many rows: the others are printed as they come. */
const ROWS_MEASURED = 200;
const GAP = '  ';
/** A column is never cut to less than this. */
const NARROWEST = 8;

/**
 * Prints rows as a table that fits the terminal, or with `json` each as an object in which times are ISO
 * 8601. It holds 200 rows at most, however many there are. No row prints nothing.
 * @param fieldsOf what JSON has of a row
 * @returns how many rows there were
 */
export async function printTable<Row>(
  { json, width = process.stdout.columns, write = writeToStdout }: TableOptions,
  columns: readonly Column<Row>[],
  rows: Iterable<Row> | AsyncIterable<Row>,
  fieldsOf: (row: Row) => Readonly<Record<string, unknown>>,
): Promise<number> {
  let count = 0;
  let held: string[][] = [[...columns.map(({ title }) => title.toUpperCase())]];
  let widths: readonly number[] | undefined;
  const flush = () => {
    widths ??= fittingWidths(held, width);
    for (const cells of held) write(`${lineOf(cells, widths, columns)}\n`);
    held = [];
  };
  for await (const row of rows) {
    count += 1;
    if (json === true) write(`${JSON.stringify(fieldsOf(row))}\n`);
    else {
      held.push(columns.map(({ text }) => printable(text(row))));
      if (widths !== undefined || held.length > ROWS_MEASURED) flush();
    }
  }
  if (json !== true && count > 0) flush();
  return count;
}

/** The widths of columns as their cells are, or, where the terminal is narrower, less for the widest. */
function fittingWidths(rows: readonly (readonly string[])[], width: number | undefined): readonly number[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((cells) => stringWidth(cells[column] ?? ''))),
  );
  if (width === undefined || width <= 0) return widths;
  const room = width - GAP.length * (widths.length - 1);
  for (let excess = sumOf(widths) - room; excess > 0; excess = sumOf(widths) - room) {
    const widest = widths.indexOf(Math.max(...widths));
    const others = widths.filter((_, column) => column !== widest);
    const next = Math.max(NARROWEST, ...others.filter((each) => each < (widths[widest] ?? 0)));
    const cut = Math.min(excess, Math.max(1, (widths[widest] ?? 0) - next));
    if ((widths[widest] ?? 0) - cut < NARROWEST) return widths;
    widths[widest] = (widths[widest] ?? 0) - cut;
  }
  return widths;
}

function lineOf<Row>(
  cells: readonly string[],
  widths: readonly number[],
  columns: readonly Column<Row>[],
): string {
  const padded = cells.map((cell, index) => {
    const width = widths[index] ?? 0;
    const text = cutTo(cell, width);
    const blanks = ' '.repeat(Math.max(0, width - stringWidth(text)));
    return columns[index]?.align === 'right' ? blanks + text : text + blanks;
  });
  return padded.join(GAP).trimEnd();
}

const GRAPHEMES = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** The text in at most `width` columns of a terminal; where something is left out, `…` says so. */
function cutTo(text: string, width: number): string {
  if (stringWidth(text) <= width) return text;
  let cut = '';
  let used = 0;
  for (const { segment } of GRAPHEMES.segment(text)) {
    used += stringWidth(segment);
    if (used > width - 1) break;
    cut += segment;
  }
  return `${cut}…`;
}

/** Without control characters: what came over the network must not move the cursor. */
function printable(text: string): string {
  return text.replace(/\p{C}+/gu, ' ');
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, each) => sum + each, 0);
}

function writeToStdout(text: string): void {
  process.stdout.write(text);
}
