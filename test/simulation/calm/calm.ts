import { keyGroupKey } from '../../../lib/store/item-keys.ts';
import { GROUP } from '../actors/names.ts';
import { checkPushes } from '../checks.ts';
import { checkHeld } from '../memory/held-by-senders.ts';
import type { Run } from '../simulate.ts';
import { DRILLS } from './drills.ts';
import { askForPush, awaitEnd, awaitQuiet, dueUes, expectOneEach, pass, passUntil } from './pushes.ts';
import { checkState } from './state.ts';

/** Without faults, what is asked is done within this time, in ms. */
const WITHIN_MS = 20_000;
const QUIET_WITHIN_MS = 5 * 60_000;
/** The answer of a poll that began just before faults stopped may still be lost, for this long, in ms. */
const LAST_POLLS_MS = 21_000;
/** UEs come back one after another: all at once would need as many instances of the function. */
const COMES_BACK_EVERY_MS = 250;
const JOURNAL_MS = 6000;
const IDLE_MS = 60_000;
/** Calls of AWS of one sender in a minute that has nothing to do: polls, and looks for what is to stop. */
const IDLE_CALLS = 75;
/** A sender without work stops within this time, in ms. */
const STOPS_WITHIN_MS = 5000;
/** Longer than operators let a rotation take that they ask for amid faults, in ms. */
const ACTIVATED_WITHIN_MS = 75_000;
const DAY_MS = 24 * 3_600_000;

/** When faults have stopped, all that is asked is done at once, exactly, at a known cost. */
export async function inCalm(run: Run): Promise<void> {
  const { plan, world } = run;
  // A sender that still pauses goes on afterwards with what it has in hand.
  await pass(run, Math.max(0, run.senders.pausedUntil - world.scheduler.now) + LAST_POLLS_MS);
  if (!(await awaitQuiet(run, QUIET_WITHIN_MS)))
    world.fail('after the last pause not all has ended in 5 minutes');
  run.keyRequests.cutOffNoMore();
  await awaitActivation(run);
  await comeBack(run);
  await pushOnce(run);
  run.history.deadLetters = await world.aws.messagesIn(world.aws.deadLetterUrl);
  for (const name of plan.drills) {
    // A message whose sender of the drill before has stopped comes again in minutes, and repeats its events.
    if (!(await awaitQuiet(run, QUIET_WITHIN_MS)))
      world.fail(`before ${name} not all has ended in 5 minutes`);
    world.trace.note('drill', name);
    await DRILLS[name]?.(run);
    world.count(`drill ${name}`);
  }
  if (!(await awaitQuiet(run, QUIET_WITHIN_MS)))
    world.fail('after the drills not all has ended in 5 minutes');
  await idle(run);
}

/** It would take the MSK of a later push out of use. One whose schedule was given up never comes. */
async function awaitActivation(run: Run): Promise<void> {
  const { table } = run.world.aws;
  const { pk, sk } = keyGroupKey(GROUP.keyDomainId, GROUP.keyGroup);
  if (await passUntil(run, () => table.find(pk, sk)?.prepared === undefined, ACTIVATED_WITHIN_MS))
    await awaitQuiet(run, QUIET_WITHIN_MS);
}

/** Each UE comes back once. */
async function comeBack(run: Run): Promise<void> {
  for (const ue of run.ues) {
    await pass(run, COMES_BACK_EVERY_MS);
    if (!ue.isBlocked) void ue.comeBack();
  }
  if (!(await awaitQuiet(run, QUIET_WITHIN_MS)))
    run.world.fail('UEs that came back without faults were not answered in 5 minutes');
  checkState(run);
}

/** A push reaches each UE that is due by one message. */
async function pushOnce(run: Run): Promise<void> {
  const { history, watch } = run;
  const [due, since] = [dueUes(run), watch.sent.length];
  const pushId = await askForPush(run);
  history.calmPushes.add(pushId);
  await awaitEnd(run, pushId, WITHIN_MS, 'without faults');
  expectOneEach(run, due, since, 'without faults');
}

/** Senders without work call AWS a known number of times, and send nothing. */
async function idle(run: Run): Promise<void> {
  const { senders, watch, world } = run;
  // What answers came to is written down by then.
  await pass(run, JOURNAL_MS);
  const [calls, sent] = [world.aws.callsOfSenders, watch.sent.length];
  await pass(run, IDLE_MS);
  const made = world.aws.callsOfSenders - calls;
  if (made > IDLE_CALLS * senders.count)
    world.fail(`${senders.count} senders without work made ${made} calls of AWS in a minute`);
  if (watch.sent.length > sent) world.fail('senders without work sent messages');
  if (run.measuresMemory) await checkHeld(run);
  world.asWorld(() => senders.scale(0));
  if (!(await passUntil(run, () => senders.count === 0, STOPS_WITHIN_MS)))
    world.fail(`${senders.count} senders without work did not stop in ${STOPS_WITHIN_MS / 1000} s`);
  const stopped = world.aws.callsOfSenders;
  await pass(run, IDLE_MS);
  if (world.aws.callsOfSenders > stopped) world.fail('senders that have stopped call AWS');
}

/** For days nothing runs, and TTL deletes what is due, late and in no order. Then all goes on. */
export async function rest(run: Run): Promise<void> {
  const { plan, senders, ues, world } = run;
  world.asWorld(() => senders.scale(0));
  await pass(run, plan.restsDays * DAY_MS);
  const share = world.random.next();
  const now = Math.floor(world.trueTime() / 1000);
  world.count(
    'deletedByTtl',
    world.aws.table.deleteExpired(now, () => world.random.happens(share)),
  );
  world.asWorld(() => senders.scale(plan.senders));
  for (const ue of ues) if (!ue.isBlocked) void ue.bootstrapAnew();
  if (!(await awaitQuiet(run, QUIET_WITHIN_MS)))
    world.fail('after days of rest not all has ended in 5 minutes');
  checkState(run);
  const before = run.history.pushes.size;
  await pushOnce(run);
  await checkPushes(run, [...run.history.pushes.values()].slice(before));
  run.world.asWorld(() => senders.scale(0));
  await pass(run, IDLE_MS);
}
