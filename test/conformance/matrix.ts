import { BMSC_REQUIREMENTS } from '../../cli/conformance/bmsc/requirements.ts';
import type { TestTable } from '../store/table.ts';
import type { Fault } from './fault.ts';
import { testBmsc } from './run-suite.ts';

/** What found a wrong BM-SC: requirement IDs, and what each saw. */
export interface Found {
  readonly fault: Fault;
  readonly by: readonly { readonly id: string; readonly seen: string }[];
}

/** Whether a fault was found by the requirement that it breaks, and by no other. */
export function isOnDiagonal({ fault, by }: Found): boolean {
  return by.length === 1 && by[0]?.id === fault.rule;
}

/** Tests one wrong BM-SC; a warning finds it, too. */
export async function findFault(table: TestTable, fault: Fault): Promise<Found> {
  const outcomes = await testBmsc(table, fault);
  const found = outcomes.filter(({ result }) => result === 'fail' || result === 'warn');
  return { fault, by: found.map(({ requirement, seen }) => ({ id: requirement.id, seen })) };
}

/**
 * Tests wrong BM-SCs, several at a time: most of a run is waiting. One that is found otherwise than it should
 * be is tested again alone, as a machine that is busy answers late.
 */
export async function findFaults(
  table: TestTable,
  faults: readonly Fault[],
  atOnce: number,
  onFound: (found: Found) => void = () => {},
): Promise<Found[]> {
  const waiting = faults.slice();
  const found: Found[] = [];
  const work = async () => {
    for (let fault = waiting.shift(); fault !== undefined; fault = waiting.shift()) {
      const one = await findFault(table, fault);
      onFound(one);
      found.push(one);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  const settled: Found[] = [];
  for (const one of found) {
    const again = isOnDiagonal(one) ? one : await findFault(table, one.fault);
    if (again !== one) onFound(again);
    settled.push(again);
  }
  return settled.sort((one, other) => faults.indexOf(one.fault) - faults.indexOf(other.fault));
}

/** The row of a wrong BM-SC in the page. */
function rowOf({ fault, by }: Found): string {
  const rule = BMSC_REQUIREMENTS.find(({ id }) => id === fault.rule);
  const others = by.filter(({ id }) => id !== fault.rule).map(({ id }) => `\`${id}\``);
  const own = by.some(({ id }) => id === fault.rule) ? `\`${fault.rule}\`` : '**not found**';
  return `| ${fault.name} | ${rule?.clause ?? ''} | ${own} | ${others.join(', ') || '–'} |`;
}

/** How a row of the page begins that has this fault. */
function startOfRow({ name }: Fault): string {
  return `| ${name} |`;
}

/**
 * The matrix as a page: each wrong BM-SC, and what found it. Those that were not tested now have the row that
 * they had in `page`.
 */
export function matrixPage(faults: readonly Fault[], found: readonly Found[], page: string): string {
  const lines = page.split('\n');
  const rows = faults.flatMap((fault) => {
    const own = found.find((each) => each.fault === fault);
    return own === undefined ? lines.filter((line) => line.startsWith(startOfRow(fault))) : [rowOf(own)];
  });
  const right = rows.filter((row) => row.endsWith('| – |') && !row.includes('**')).length;
  return `${[
    '# Wrong BM-SCs, and what finds them',
    '',
    `Written by \`npm run conformance:matrix\`. ${rows.length} BM-SCs that break one rule each, tested by all`,
    `${BMSC_REQUIREMENTS.length} requirements: ${right} are found by the requirement of their rule and by no other.`,
    '',
    '| the BM-SC | clause | found by | and by |',
    '|---|---|---|---|',
    ...rows,
  ].join('\n')}\n`;
}
