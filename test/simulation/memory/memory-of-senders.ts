import { askForPush, awaitEnd, pass } from '../calm/pushes.ts';
import { NO_FAULTS } from '../faults.ts';
import { drawPlan, type Plan } from '../plan.ts';
import { setUp, simulate } from '../simulate.ts';
import { World } from '../world/world.ts';
import { heldBySenders, MAX_HELD } from './held-by-senders.ts';

/** What a sender holds when it has nothing to do. */
interface HeldBySender {
  readonly pushes: number;
  readonly octets: number;
}

/** What senders hold, and what is wrong with it. */
export interface MemoryOfSenders {
  readonly ok: boolean;
  /** Of one sender that has sent so many pushes, without faults. */
  readonly lives: readonly HeldBySender[];
  /** What it holds more for each push of all UEs. */
  readonly growthOctetsAPush: number;
  /** Octets that each sender of a seed holds after all that went wrong. */
  readonly afterFaults: Readonly<Record<number, number>>;
  readonly findings: readonly string[];
}

/** And at most so many more for each push that it has sent, as the records of the last 1000. */
const MAX_GROWTH_A_PUSH = 1600;
/** What two measurements of the same life may differ by, in octets: code is optimized at other moments. */
const NOISE = 250_000;
const UES = 50;
const SHORT = 20;
/** The pushes of a long life, by default. */
export const LONG = 220;
const WITHIN_MS = 60_000;
/** What a sender wrote and waited for is over. */
const DRAINED_MS = 30_000;

/**
 * Measures senders after a short and after a long life, and after the faults of some seeds.
 * @param long how many pushes a long life has
 */
export async function measureSenders(first: number, seeds: number, long = LONG): Promise<MemoryOfSenders> {
  // The first one has the code compiled.
  await lifeOf(first, SHORT);
  const lives = [await lifeOf(first, SHORT), await lifeOf(first, long)];
  const growth = (lives.at(-1)?.octets ?? 0) - (lives[0]?.octets ?? 0);
  const pushesMore = long - SHORT;
  const growthOctetsAPush = Math.round(growth / pushesMore);
  const findings = lives
    .filter(({ octets }) => octets > MAX_HELD)
    .map(({ pushes, octets }) => `after ${pushes} pushes a sender without work holds ${octets} octets`);
  if (growth > MAX_GROWTH_A_PUSH * pushesMore + NOISE)
    findings.push(`a sender holds ${growthOctetsAPush} octets more for each push of ${UES} UEs`);
  const afterFaults: Record<number, number> = {};
  for (let seed = first; seed < first + seeds; seed++) {
    const { injected, findings: ofSeed } = await simulate(drawPlan(seed), { measuresMemory: true });
    afterFaults[seed] = injected.get('octets that a sender without work holds') ?? 0;
    findings.push(...ofSeed.map((finding) => `seed ${seed}: ${finding}`));
  }
  return { ok: findings.length === 0, lives, growthOctetsAPush, afterFaults, findings };
}

/** One sender from its start to its stop. */
async function lifeOf(seed: number, pushes: number): Promise<HeldBySender> {
  const run = await setUp(planOf(seed), new World(seed));
  run.world.asWorld(() => run.senders.scale(1));
  for (let push = 0; push < pushes; push++)
    await awaitEnd(run, await askForPush(run), WITHIN_MS, 'without faults');
  await pass(run, DRAINED_MS);
  const octets = await heldBySenders(run);
  const [finding] = run.world.findings;
  if (finding !== undefined) throw new Error(finding);
  return { pushes, octets };
}

function planOf(seed: number): Plan {
  const plan = drawPlan(seed);
  return { ...plan, ues: UES, faults: NO_FAULTS, operatorActs: [], ueActs: [], drills: [], restsDays: 0 };
}
