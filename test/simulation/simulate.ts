import { KeyRequestFunction } from './actors/key-request-function.ts';
import { Operator } from './actors/operator.ts';
import { RotationFunction } from './actors/rotation-function.ts';
import { Senders } from './actors/senders.ts';
import { populate, type SimulatedUe } from './actors/ues.ts';
import { Acts } from './acts.ts';
import { inCalm, rest } from './calm/calm.ts';
import { awaitQuiet } from './calm/pushes.ts';
import { checkState } from './calm/state.ts';
import { checkAll, checkAnswers } from './checks.ts';
import { NO_FAULTS } from './faults.ts';
import { History } from './history.ts';
import type { Plan } from './plan.ts';
import { Watch } from './watch.ts';
import { World } from './world/world.ts';

/** What a run came to. */
export interface Result {
  readonly findings: readonly string[];
  readonly hash: string;
  readonly pushes: number;
  /** UEs that the ledger names, of all pushes: each by an outcome of its own. */
  readonly outcomes: number;
  readonly deliveries: number;
  readonly calls: number;
  readonly datagrams: number;
  readonly simulatedMs: number;
  /** From the end of faults until all had ended. */
  readonly healedMs: number;
  /** How often each fault came. */
  readonly injected: ReadonlyMap<string, number>;
  readonly lines: readonly string[] | undefined;
}

/** Everything of a run. */
export interface Run {
  readonly plan: Plan;
  readonly world: World;
  readonly operator: Operator;
  readonly senders: Senders;
  readonly rotation: RotationFunction;
  readonly keyRequests: KeyRequestFunction;
  readonly ues: readonly SimulatedUe[];
  readonly history: History;
  readonly watch: Watch;
  /** Whether the octets that senders hold are measured, too, which takes longer. */
  readonly measuresMemory: boolean;
}

/** When faults have stopped, all that was asked ends within this time, in ms. */
export const ENDS_WITHIN_MS = 45 * 60_000;
const STACK_LINES = 30;

/** Runs a plan to its end, and checks it. Everything depends on the plan alone. */
export async function simulate(
  plan: Plan,
  { keepsLines = false, measuresMemory = false } = {},
): Promise<Result> {
  // Thousands of errors of a run say that a condition does not hold: their stacks take longer than they do.
  Error.stackTraceLimit = keepsLines ? STACK_LINES : 0;
  const world = new World(plan.seed, { keepsLines });
  const run = { ...(await setUp(plan, world)), measuresMemory };
  const refuse = (error: unknown) => failBy(world, 'nobody caught', error);
  process.on('unhandledRejection', refuse);
  try {
    await misbehave(run);
    if (await heal(run)) await inCalm(run);
    await checkAll(run);
    if (plan.restsDays > 0) await rest(run);
  } catch (error) {
    failBy(world, 'the run was cut off:', error);
  } finally {
    process.off('unhandledRejection', refuse);
  }
  return {
    findings: world.findings,
    hash: world.trace.hash,
    pushes: run.history.pushes.size,
    outcomes: run.history.named,
    deliveries: run.ues.reduce((total, { taken }) => total + taken.length, 0),
    calls: world.aws.callsInAll,
    datagrams: world.network.datagrams,
    simulatedMs: world.scheduler.now,
    healedMs: run.history.quietAt - run.history.healedAt,
    injected: world.injected,
    lines: world.trace.lines,
  };
}

/** The stack differs from machine to machine, and only those who read a trace need it. */
function failBy(world: World, what: string, error: unknown): void {
  world.fail(`${what} ${String(error)}`);
  world.trace.explain(() => (error instanceof Error ? (error.stack ?? '') : ''));
}

/** A world in which UEs are registered and no sender runs. */
export async function setUp(plan: Plan, world: World): Promise<Run> {
  const operator = new Operator(world);
  const keyRequests = new KeyRequestFunction(world);
  const history = new History(world);
  const watch = new Watch(world);
  await world.do(operator.machine, () => operator.provision());
  world.faults = plan.faults;
  const rotation = new RotationFunction(world);
  const senders = new Senders(world, { pageUes: plan.pageUes });
  world.faults = NO_FAULTS;
  const ues = await world.do(operator.machine, () =>
    populate({ world, operator, keyRequests, watch, history }, plan),
  );
  // What was written before is long written, for reads that are not consistent, too.
  await world.scheduler.run(() => false, world.scheduler.now + 10_000);
  return {
    plan,
    world,
    operator,
    senders,
    rotation,
    keyRequests,
    ues,
    history,
    watch,
    measuresMemory: false,
  };
}

/** Faults, and whatever operators and UEs do meanwhile. */
async function misbehave(run: Run): Promise<void> {
  const { world, plan, senders } = run;
  world.faults = plan.faults;
  world.asWorld(() => senders.scale(plan.senders));
  const begun = world.scheduler.now;
  const acts = new Acts(run);
  acts.begin();
  await world.scheduler.run(() => false, begun + plan.lastsMs);
  acts.end();
}

/** Faults stop. All that was asked ends, and the table is then as it must be. @returns whether it is so */
async function heal(run: Run): Promise<boolean> {
  const { world, senders, history } = run;
  world.trace.note('world', 'faults stop');
  world.faults = NO_FAULTS;
  world.aws.endOutages();
  history.healedAt = world.scheduler.now;
  world.asWorld(() => senders.scale(Math.max(1, run.plan.senders)));
  const isQuiet = await awaitQuiet(run, ENDS_WITHIN_MS);
  history.quietAt = world.scheduler.now;
  if (!isQuiet) {
    const open = history.openPushes.join(', ');
    const minutes = ENDS_WITHIN_MS / 60_000;
    world.fail(`not all has ended ${minutes} minutes after faults stopped: open pushes ${open}`);
    return false;
  }
  checkAnswers(run);
  checkState(run, 'may-be-due');
  return true;
}
