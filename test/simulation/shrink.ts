import { FAULTS } from './faults.ts';
import { type Cuts, countActs, drawPlan } from './plan.ts';
import { simulate } from './simulate.ts';

/** Runs that a shrinking takes at most: a failure is there to be read, not to be perfect. */
const MAX_RUNS = 40;

/**
 * Cuts a failing run down: fewer UEs, fewer faults, fewer acts, as long as it still fails.
 * @returns the cuts, by which `drawPlan` makes the smaller run
 */
export async function shrink(seed: number, cuts: Cuts = {}): Promise<Cuts> {
  let best = cuts;
  let runs = 0;
  const keepIfItFails = async (candidate: Cuts): Promise<boolean> => {
    if (runs++ >= MAX_RUNS) return false;
    const { findings } = await simulate(drawPlan(seed, candidate));
    if (findings.length === 0) return false;
    best = candidate;
    return true;
  };
  for (let { ues } = drawPlan(seed, best); ues > 1; ) {
    ues = Math.ceil(ues / 2);
    if (!(await keepIfItFails({ ...best, ues }))) break;
  }
  const numbers = Array.from({ length: countActs(seed) }, (_, index) => index);
  for (const part of halves(numbers)) {
    const withoutActs = [...new Set([...(best.withoutActs ?? []), ...part])];
    await keepIfItFails({ ...best, withoutActs });
  }
  for (const part of halves(FAULTS)) {
    const withoutFaults = [...new Set([...(best.withoutFaults ?? []), ...part])];
    await keepIfItFails({ ...best, withoutFaults });
  }
  return best;
}

/** The whole, its halves, and their halves, the larger ones first. */
function* halves<T>(all: readonly T[]): Generator<readonly T[]> {
  for (let parts = 1; parts <= 8; parts *= 2) {
    const size = Math.ceil(all.length / parts);
    if (size === 0) return;
    for (let start = 0; start < all.length; start += size) yield all.slice(start, start + size);
  }
}

/** The options of the command that runs a plan with these cuts. */
export function optionsOf(seed: number, { ues, withoutFaults = [], withoutActs = [] }: Cuts): string {
  return [
    `--seed ${seed}`,
    ...(ues === undefined ? [] : [`--ues ${ues}`]),
    ...(withoutFaults.length === 0 ? [] : [`--without-faults ${withoutFaults.join(',')}`]),
    ...(withoutActs.length === 0 ? [] : [`--without-acts ${withoutActs.join(',')}`]),
  ].join(' ');
}
