import { KeyRequestFunction } from './actors/key-request-function.ts';
import { GROUP, KEY_DOMAIN_ID } from './actors/names.ts';
import { Operator } from './actors/operator.ts';
import { RotationFunction } from './actors/rotation-function.ts';
import { Senders } from './actors/senders.ts';
import { populate, type SimulatedUe } from './actors/ues.ts';
import { Acts } from './acts.ts';
import { checkAll } from './checks.ts';
import { NO_FAULTS } from './faults.ts';
import { History } from './history.ts';
import type { Plan } from './plan.ts';
import { World } from './world/world.ts';

/** What a run came to. */
export interface Result {
  readonly findings: readonly string[];
  readonly hash: string;
  readonly pushes: number;
  readonly deliveries: number;
  readonly calls: number;
  readonly datagrams: number;
  readonly simulatedMs: number;
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
}

/** When faults have stopped, all that was asked ends within this time, in ms. */
export const ENDS_WITHIN_MS = 45 * 60_000;
/** And what is asked then, within this time. */
const CALM_WITHIN_MS = 5 * 60_000;
const LOOK_MS = 1000;

/** Runs a plan to its end, and checks it. Everything depends on the plan alone. */
export async function simulate(plan: Plan, { keepsLines = false } = {}): Promise<Result> {
  const world = new World(plan.seed, { keepsLines });
  const run = await setUp(plan, world);
  const refuse = (error: unknown) =>
    world.fail(`nobody caught ${error instanceof Error ? error.stack : error}`);
  process.on('unhandledRejection', refuse);
  try {
    await misbehave(run);
    await heal(run);
    await checkAll(run);
  } catch (error) {
    world.fail(`the run was cut off: ${error instanceof Error ? error.stack : String(error)}`);
  } finally {
    process.off('unhandledRejection', refuse);
  }
  const sum = [...world.aws.calls.values()].reduce((total, each) => total + each, 0);
  return {
    findings: world.findings,
    hash: world.trace.hash,
    pushes: run.history.pushes.size,
    deliveries: run.ues.reduce((total, { taken }) => total + taken.length, 0),
    calls: sum,
    datagrams: world.network.datagrams,
    simulatedMs: world.scheduler.now,
    lines: world.trace.lines,
  };
}

async function setUp(plan: Plan, world: World): Promise<Run> {
  const operator = new Operator(world);
  const keyRequests = new KeyRequestFunction(world);
  const history = new History(world);
  await world.do(operator.machine, () => operator.provision());
  world.faults = plan.faults;
  const rotation = new RotationFunction(world);
  const senders = new Senders(world);
  world.faults = NO_FAULTS;
  const ues = await world.do(operator.machine, () => populate({ world, operator, keyRequests }, plan.ues));
  // What was written before is long written, for reads that are not consistent, too.
  await world.scheduler.run(() => false, world.scheduler.now + 10_000);
  return { plan, world, operator, senders, rotation, keyRequests, ues, history };
}

/** Faults, and whatever operators and UEs do meanwhile. */
async function misbehave(run: Run): Promise<void> {
  const { world, plan, senders } = run;
  world.faults = plan.faults;
  world.asWorld(() => senders.scale(plan.senders));
  const begun = world.scheduler.now;
  new Acts(run).begin();
  await world.scheduler.run(() => false, begun + plan.lastsMs);
}

/** Faults stop. All that was asked ends; then what is asked is done at once. */
async function heal(run: Run): Promise<void> {
  const { world, senders, ues, history, operator, rotation } = run;
  world.trace.note('world', 'faults stop');
  world.faults = NO_FAULTS;
  history.healedAt = world.scheduler.now;
  world.asWorld(() => senders.scale(Math.max(1, run.plan.senders)));
  const isBusy = () => ues.some(({ busy }) => busy > 0) || rotation.underWay > 0 || history.isOpen;
  const limit = world.scheduler.now + ENDS_WITHIN_MS;
  let isQuiet = false;
  while (!isQuiet && world.scheduler.now < limit) {
    await world.scheduler.run(() => false, world.scheduler.now + LOOK_MS);
    isQuiet = !isBusy() && (await world.aws.messagesIn(world.aws.queueUrl)) === 0;
  }
  if (!isQuiet) {
    const open = history.openPushes.join(', ');
    world.fail(
      `not all has ended ${ENDS_WITHIN_MS / 60_000} minutes after faults stopped: open pushes ${open}`,
    );
    return;
  }
  for (const ue of ues) {
    // One after another: all at once would need as many instances of the function.
    await world.scheduler.run(() => false, world.scheduler.now + 250);
    if (!ue.isBlocked) void ue.comeBack();
  }
  await world.scheduler.run(() => !ues.some(({ busy }) => busy > 0), world.scheduler.now + CALM_WITHIN_MS);
  history.calmAt = world.scheduler.now;
  const data = {
    keyDomainId: KEY_DOMAIN_ID,
    mskId: `${hex(GROUP.keyGroup)}0000`,
    target: { allHolders: true },
  } as const;
  history.calmPush = await world.do(operator.machine, () => operator.ask('Push MSK', data));
  await world.scheduler.run(() => !history.isOpen, world.scheduler.now + CALM_WITHIN_MS);
  if (history.isOpen) world.fail('a push without faults did not end in five minutes');
  await world.scheduler.run(() => false, world.scheduler.now + 10_000);
}

function hex(number: number): string {
  return number.toString(16).padStart(4, '0');
}
