import type { Outcome, Requirement } from '../../cli/conformance/requirement.ts';

/** What breaks one rule, and the requirement by which it is found. */
export interface Wrong {
  readonly name: string;
  readonly rule: string;
}

/** Wrong BM-SCs, BSFs or UEs, and the suite that is to find them. */
export interface Matrix<W extends Wrong = Wrong> {
  /** In the plural: `BM-SCs`. */
  readonly what: string;
  readonly wrongs: readonly W[];
  readonly requirements: readonly Pick<Requirement<never>, 'id' | 'clause'>[];
  readonly test: (wrong: W) => Promise<readonly Outcome[]>;
}

/** What found a wrong one: requirement IDs, and what each saw. */
export interface Found {
  readonly wrong: Wrong;
  readonly by: readonly { readonly id: string; readonly seen: string }[];
}

/** Whether a wrong one was found by the requirement that it breaks, and by no other. */
export function isOnDiagonal({ wrong, by }: Found): boolean {
  return by.length === 1 && by[0]?.id === wrong.rule;
}

/** Tests a wrong one; a warning finds it, too. */
export async function find<W extends Wrong>({ test }: Matrix<W>, wrong: W): Promise<Found> {
  const found = (await test(wrong)).filter(({ result }) => result === 'fail' || result === 'warn');
  return { wrong, by: found.map(({ requirement, seen }) => ({ id: requirement.id, seen })) };
}

/**
 * Tests several at a time: most of a run is waiting. One that is found otherwise than it should be is tested
 * again alone, as a machine that is busy answers late.
 */
export async function findAll<W extends Wrong>(
  matrix: Matrix<W>,
  wrongs: readonly W[],
  atOnce: number,
  onFound: (found: Found) => void = () => {},
): Promise<Found[]> {
  const waiting = wrongs.slice();
  const found: { readonly wrong: W; readonly found: Found }[] = [];
  const work = async () => {
    for (let wrong = waiting.shift(); wrong !== undefined; wrong = waiting.shift()) {
      const one = await find(matrix, wrong);
      onFound(one);
      found.push({ wrong, found: one });
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  const settled: Found[] = [];
  for (const one of found) {
    const again = isOnDiagonal(one.found) ? one.found : await find(matrix, one.wrong);
    if (again !== one.found) onFound(again);
    settled.push(again);
  }
  const names = wrongs.map(({ name }) => name);
  return settled.sort((one, other) => names.indexOf(one.wrong.name) - names.indexOf(other.wrong.name));
}
