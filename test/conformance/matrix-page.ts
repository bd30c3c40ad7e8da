import { type Found, isOnDiagonal, type Matrix, type Wrong } from './matrix.ts';

/** A matrix, and what was found in it now. */
export interface FoundIn {
  readonly matrix: Omit<Matrix, 'test'>;
  readonly found: readonly Found[];
}

/** The row of a wrong one in the page. */
function rowOf({ requirements }: FoundIn['matrix'], found: Found): string {
  const { wrong, by } = found;
  const rule = requirements.find(({ id }) => id === wrong.rule);
  const others = by.filter(({ id }) => id !== wrong.rule).map(({ id }) => `\`${id}\``);
  const own = by.some(({ id }) => id === wrong.rule) ? `\`${wrong.rule}\`` : '**not found**';
  return `| ${wrong.name} | ${rule?.clause ?? ''} | ${own} | ${others.join(', ') || '–'} |`;
}

/** Whether a line of the page is the row of a wrong one. */
function isRowOf({ name }: Wrong, what: string, line: string, heading: string | undefined): boolean {
  return heading === headingOf(what) && line.startsWith(`| ${name} |`);
}

function headingOf(what: string): string {
  return `## Wrong ${what}`;
}

/** The rows of one kind: those that were not tested now have the row that they had in `page`. */
export function rowsOf({ matrix, found }: FoundIn, page: string): string[] {
  let heading: string | undefined;
  const lines = page.split('\n').map((line) => {
    if (line.startsWith('## ')) heading = line;
    return { line, heading };
  });
  return matrix.wrongs.flatMap((wrong) => {
    const own = found.find((each) => each.wrong.name === wrong.name);
    if (own !== undefined) return [rowOf(matrix, own)];
    return lines
      .filter((each) => isRowOf(wrong, matrix.what, each.line, each.heading))
      .map(({ line }) => line);
  });
}

/** The matrix as a page: each wrong one, and what found it. */
export function matrixPage(all: readonly FoundIn[], page: string): string {
  const sections = all.map((each) => {
    const rows = rowsOf(each, page);
    const right = rows.filter((row) => row.endsWith('| – |') && !row.includes('**')).length;
    const { what, requirements } = each.matrix;
    return [
      '',
      headingOf(what),
      '',
      `${rows.length} ${what} that break one rule each, tested by all ${requirements.length} requirements: ${right} are found`,
      'by the requirement of their rule and by no other.',
      '',
      '| what is wrong | clause | found by | and by |',
      '|---|---|---|---|',
      ...rows,
    ].join('\n');
  });
  const start = '# What is wrong on purpose, and what finds it\n\nWritten by `npm run conformance:matrix`.';
  return `${[start, ...sections].join('\n')}\n`;
}

/** How many were found as they should be. */
export function onDiagonal({ found }: FoundIn): number {
  return found.filter(isOnDiagonal).length;
}
