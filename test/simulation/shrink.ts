import { FAULTS } from './faults.ts';
import { type Cuts, countActs, drawPlan } from './plan.ts';
import { simulate } from './simulate.ts';

/** Runs that a shrinking takes at most: a failure is there to be read, not to be perfect. */
const MAX_RUNS = 120;

/** What a shrinking came to. */
export interface Shrunk {
  /** `drawPlan` makes the smaller run by them. */
  readonly cuts: Cuts;
  readonly runs: number;
}

/**
 * Cuts a failing run down: rest and drills, UEs, acts, and faults, as long as it still fails by the same kind
 * of finding.
 * @param finding the first one of the failing run
 */
export async function shrink(seed: number, cuts: Cuts, finding: string): Promise<Shrunk> {
  const shrinking = new Shrinking(seed, cuts, kindOf(finding));
  await shrinking.cutDrills();
  await shrinking.cutUes();
  await shrinking.cutActs();
  await shrinking.cutFaults();
  return { cuts: shrinking.best, runs: shrinking.runs };
}

class Shrinking {
  best: Cuts;
  runs = 0;
  readonly #seed: number;
  readonly #kind: string;

  constructor(seed: number, cuts: Cuts, kind: string) {
    this.#seed = seed;
    this.best = cuts;
    this.#kind = kind;
  }

  /** They come last, so most failures need none. */
  async cutDrills(): Promise<void> {
    const { drills, restsDays } = drawPlan(this.#seed, this.best);
    if (restsDays > 0) await this.#keepIfItFails({ isWithoutRest: true });
    const before = this.best.withoutDrills ?? [];
    await this.#leaveOut(drills, (left) => ({ withoutDrills: [...before, ...left] }));
  }

  async cutUes(): Promise<void> {
    for (let { ues } = drawPlan(this.#seed, this.best); ues > 1; ) {
      ues = Math.ceil(ues / 2);
      if (!(await this.#keepIfItFails({ ues }))) break;
    }
  }

  async cutActs(): Promise<void> {
    const before = this.best.withoutActs ?? [];
    const numbers = Array.from({ length: countActs(this.#seed) }, (_, index) => index);
    const kept = numbers.filter((number) => !before.includes(number));
    await this.#leaveOut(kept, (left) => ({ withoutActs: [...before, ...left] }));
  }

  async cutFaults(): Promise<void> {
    const before = this.best.withoutFaults ?? [];
    const { faults } = drawPlan(this.#seed, this.best);
    const drawn = FAULTS.filter((name) => faults[name] > 0);
    await this.#leaveOut(drawn, (left) => ({ withoutFaults: [...before, ...left] }));
  }

  /** Leaves out the whole, halves, quarters, and so on to single ones, whatever the failure does not need. */
  async #leaveOut<T>(all: readonly T[], cutsOf: (left: readonly T[]) => Cuts): Promise<void> {
    let kept = all;
    for (let size = all.length; size >= 1; size = Math.min(size - 1, Math.ceil(size / 2)))
      for (let end = kept.length; end > 0; end -= size) {
        const part = kept.slice(Math.max(0, end - size), end);
        const rest = kept.filter((each) => !part.includes(each));
        if (await this.#keepIfItFails(cutsOf(all.filter((each) => !rest.includes(each))))) kept = rest;
      }
  }

  async #keepIfItFails(more: Cuts): Promise<boolean> {
    if (this.runs >= MAX_RUNS) return false;
    this.runs += 1;
    const candidate = { ...this.best, ...more };
    const { findings } = await simulate(drawPlan(this.#seed, candidate));
    if (!findings.some((finding) => kindOf(finding) === this.#kind)) return false;
    this.best = candidate;
    return true;
  }
}

/** A finding without the IDs, UEs and numbers in it, which differ from run to run. */
export function kindOf(finding: string): string {
  const [line = ''] = finding.split('\n');
  return line.replace(/\b[0-9a-f-]*\d[\w.@-]*/g, '#');
}

/** The options of the command that runs a plan with these cuts. */
export function optionsOf(seed: number, cuts: Cuts): string {
  const { ues, withoutFaults = [], withoutActs = [], withoutDrills = [], isWithoutRest = false } = cuts;
  const left = drawPlan(seed, cuts);
  const list = (cut: readonly unknown[], isAll: boolean) => (isAll ? 'all' : cut.join(','));
  const isFaultless = FAULTS.every((name) => left.faults[name] === 0);
  return [
    `--seed ${seed}`,
    ...(ues === undefined ? [] : [`--ues ${ues}`]),
    ...(withoutDrills.length === 0
      ? []
      : [`--without-drills ${list(withoutDrills, left.drills.length === 0)}`]),
    ...(isWithoutRest ? ['--without-rest'] : []),
    ...(withoutFaults.length === 0 ? [] : [`--without-faults ${list(withoutFaults, isFaultless)}`]),
    ...(withoutActs.length === 0
      ? []
      : [`--without-acts ${list(withoutActs, left.operatorActs.length + left.ueActs.length === 0)}`]),
  ].join(' ');
}
