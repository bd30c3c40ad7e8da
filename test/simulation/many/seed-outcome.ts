import { type Cuts, drawPlan } from '../plan.ts';
import { optionsOf, shrink } from '../shrink.ts';
import { type Result, simulate } from '../simulate.ts';

/** What the run of a seed came to, as one process tells it another. */
export interface SeedOutcome extends Omit<Result, 'lines' | 'injected'> {
  readonly seed: number;
  readonly injected: readonly (readonly [fault: string, times: number])[];
  /** Replays it, if it failed. */
  readonly replay: string | undefined;
  /** That the process that ran it has used so far, all its seeds together. */
  readonly cpuSeconds: number;
}

/** How a seed is run. */
export interface RunOptions {
  /** Each line of what happened goes here. */
  readonly onLines?: ((lines: readonly string[]) => void) | undefined;
  /** Whether a failing run is cut down. */
  readonly shrinks?: boolean | undefined;
}

/** Runs a seed, and finds a smaller run if it fails and that is asked for. */
export async function runSeed(
  seed: number,
  cuts: Cuts = {},
  { onLines, shrinks = false }: RunOptions = {},
): Promise<SeedOutcome> {
  const { lines, injected, ...result } = await simulate(drawPlan(seed, cuts), {
    keepsLines: onLines !== undefined,
  });
  if (lines !== undefined) onLines?.(lines);
  return {
    ...result,
    seed,
    findings: [...new Set(result.findings)].slice(0, 10),
    injected: [...injected],
    replay: await replayOf(seed, cuts, result.findings, shrinks),
    cpuSeconds: cpuSeconds(),
  };
}

async function replayOf(
  seed: number,
  cuts: Cuts,
  [first]: readonly string[],
  shrinks: boolean,
): Promise<string | undefined> {
  if (first === undefined) return undefined;
  const smallest = shrinks ? (await shrink(seed, cuts, first)).cuts : cuts;
  return commandOf(seed, smallest);
}

/** Replays a seed with cuts, and prints its trace. */
export function commandOf(seed: number, cuts: Cuts = {}): string {
  return `npm run simulate-faults -- ${optionsOf(seed, cuts)} --trace`;
}

/** A machine that others use, too, runs this process for a part of the time. */
function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
