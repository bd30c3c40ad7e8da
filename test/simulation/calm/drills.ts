import { GreedyUe } from '../actors/greedy-ue.ts';
import type { SimulatedUe } from '../actors/ues.ts';
import { checkAnswers } from '../checks.ts';
import type { Run } from '../simulate.ts';
import { CUT_OFF_DRILLS } from './cut-off-drills.ts';
import { type Drill, SOON_MS, TAKEN_OVER_WITHIN_MS } from './drill.ts';
import {
  askForPush,
  askForRotation,
  awaitEnd,
  awaitQuiet,
  dueUes,
  expectOneEach,
  messagesTo,
  pass,
  passUntil,
} from './pushes.ts';
import { REQUEST_DRILLS } from './request-drills.ts';
import { REVOCATION_DRILLS } from './revocation-drills.ts';
import { checkState } from './state.ts';

/** An activation is missed after ten minutes. */
const OVERDUE_MS = 660_000;
const PAUSE_MS = 200_000;
/** What fails is tried again for a quarter of an hour. */
const OUTAGE_MS = 240_000;
/** Within this time a UE that asks has its MSK. */
const ANSWERED_WITHIN_MS = 3000;

/** Calls of AWS whose answer is lost, one of them in each drill. */
const LOST_ANSWERS: Readonly<Record<string, (name: string, body: string) => boolean>> = {
  push: (name, body) => name.endsWith('PutItem') && body.includes('"PUSH#'),
  claim: (name, body) => name.endsWith('PutItem') && body.includes('"PAGE#'),
  outcome: (name, body) => name.endsWith('UpdateItem') && body.includes('SET outcome'),
  count: (name, body) => name.endsWith('UpdateItem') && body.includes('ADD done'),
  units: (name) => name.endsWith('SendMessageBatch'),
  events: (name) => name.endsWith('PutEvents'),
  deletions: (name) => name.endsWith('DeleteMessageBatch'),
};

export const DRILLS: Readonly<Record<string, Drill>> = {
  ...CUT_OFF_DRILLS,
  ...REQUEST_DRILLS,
  ...REVOCATION_DRILLS,

  'answer-lost': async (run) => {
    for (const [name, isIt] of Object.entries(LOST_ANSWERS)) {
      const [due, since] = [dueUes(run), run.watch.sent.length];
      const pushId = await askForPush(run);
      run.world.aws.loseAnswerOf(isIt);
      await awaitEnd(run, pushId, SOON_MS, `the answer about ${name} was lost`);
      expectOneEach(run, due, since, `the answer about ${name} was lost`);
    }
  },

  'bus-away': async (run) => {
    const [ue] = dueUes(run);
    if (ue === undefined) return;
    run.world.aws.beginOutage(SOON_MS, 'AWSEvents');
    await run.world.do(ue.machine, () => ue.request());
    await awaitQuiet(run, TAKEN_OVER_WITHIN_MS);
    await pass(run, 1000);
    checkAnswers(run);
  },

  'missed-activation': async (run) => {
    const { history, world } = run;
    world.aws.losesSchedules = true;
    await askForRotation(run);
    await pass(run, OVERDUE_MS);
    world.aws.losesSchedules = false;
    const before = history.rotated.length;
    // It is refused, for the other has not ended; and that one is taken up again.
    await askForRotation(run);
    if (!(await passUntil(run, () => history.rotated.length > before, TAKEN_OVER_WITHIN_MS)))
      world.fail('a rotation whose activation was missed never ended');
    await awaitQuiet(run, TAKEN_OVER_WITHIN_MS);
  },

  'sender-ends': async (run) => {
    const { senders } = run;
    await whileOneIsMuted(run, async (others, since) => {
      const pushId = await askForPush(run);
      await pass(run, 4000);
      while (senders.count > 0) senders.end();
      await awaitEnd(run, pushId, TAKEN_OVER_WITHIN_MS, 'all senders ended');
      expectOneEach(run, others, since, 'all senders ended');
    });
  },

  'sender-stops': async (run) => {
    const { senders, world } = run;
    await whileOneIsMuted(run, async (others, since) => {
      const pushId = await askForPush(run);
      await pass(run, 1000);
      const wanted = senders.count;
      world.asWorld(() => senders.scale(0));
      await pass(run, 1000);
      world.asWorld(() => senders.scale(wanted));
      await awaitEnd(run, pushId, TAKEN_OVER_WITHIN_MS, 'all senders stopped');
      expectOneEach(run, others, since, 'all senders stopped');
    });
  },

  'sender-pauses': async (run) => {
    const { plan, senders, world } = run;
    await whileOneIsMuted(run, async (others, since, muted) => {
      const pushId = await askForPush(run);
      await pass(run, 4000);
      // Longer than a claim lasts: others take its pages over, and it goes on with them later.
      senders.pauseAll(PAUSE_MS);
      world.asWorld(() => senders.scale(senders.count + 1));
      // It answers the others, and not those that go on later: these come to another outcome.
      muted.socket.isMuted = false;
      await awaitEnd(run, pushId, TAKEN_OVER_WITHIN_MS, 'all senders paused');
      muted.socket.isMuted = true;
      await pass(run, PAUSE_MS);
      await awaitQuiet(run, TAKEN_OVER_WITHIN_MS);
      expectOneEach(run, others, since, 'all senders paused');
      world.asWorld(() => senders.scale(plan.senders));
      await pass(run, SOON_MS);
    });
  },

  'queue-refuses': async (run) => {
    const { world } = run;
    const since = world.injected.get('partRefused') ?? 0;
    // Several at once, so that pages are put off while a sender has enough to send.
    const pushIds: string[] = [];
    for (let push = 0; push < 3; push++) pushIds.push(await askForPush(run, { pacing: { perSecond: 1 } }));
    world.aws.refusedSends = 0.8;
    await pass(run, SOON_MS);
    world.aws.refusedSends = undefined;
    world.trace.note('drill', `${(world.injected.get('partRefused') ?? 0) - since} refused`);
    for (const pushId of pushIds)
      await awaitEnd(run, pushId, TAKEN_OVER_WITHIN_MS, 'the queue refused entries for a while');
  },

  outage: async (run) => {
    const { world } = run;
    const pushId = await askForPush(run);
    await pass(run, 40);
    world.aws.beginOutage(OUTAGE_MS);
    await pass(run, OUTAGE_MS);
    await awaitEnd(run, pushId, 2 * TAKEN_OVER_WITHIN_MS, 'a service of AWS was away for minutes');
    if ((await world.aws.messagesIn(world.aws.deadLetterUrl)) > run.history.deadLetters)
      world.fail('work became a dead letter while a service of AWS was away for minutes');
  },

  cancel: async (run) => {
    const pushId = await askForPush(run, { pacing: { perSecond: 1 } });
    await pass(run, 4000);
    await run.world.do(run.operator.machine, () => run.operator.cancel(pushId));
    await pass(run, 2000);
    const since = run.watch.sent.length;
    await awaitEnd(run, pushId, SOON_MS, 'it was cancelled');
    if (run.watch.sent.length > since) run.world.fail(`the cancelled push ${pushId} goes on`);
  },

  block: async (run) => {
    const { operator, watch, world } = run;
    const ue = await dueLast(run);
    if (ue === undefined) return;
    const isBlocked = await world.do(operator.machine, () => operator.block(ue));
    await pass(run, 2500);
    const since = watch.sent.length;
    await passUntil(run, () => !run.history.isOpen, TAKEN_OVER_WITHIN_MS);
    if (isBlocked && messagesTo(run, since).has(ue.impi))
      world.fail(`${ue.machine.name} was sent an MSK seconds after it was blocked`);
    await awaitQuiet(run, TAKEN_OVER_WITHIN_MS);
    checkState(run);
    await world.do(operator.machine, () => operator.unblock(ue));
  },

  archive: async (run) => {
    const { history, watch, world } = run;
    const [facts, sent] = [history.outcomes + history.pushes.size, watch.sent.length];
    for (const event of world.aws.bus.archive.slice()) world.asWorld(() => world.aws.bus.replay(event));
    world.count('replays', world.aws.bus.archive.length);
    await pass(run, 30_000);
    if (watch.sent.length > sent) world.fail('a replayed archive sent keys again');
    if (history.outcomes + history.pushes.size > facts) world.fail('a replayed archive made facts again');
  },

  moved: async (run) => {
    const [ue] = dueUes(run);
    if (ue === undefined) return;
    // With one sender: what a UE may be sent is bounded by each of them alone.
    run.world.asWorld(() => run.senders.scale(1));
    await passUntil(run, () => run.senders.count === 1, SOON_MS);
    ue.socket.isMuted = true;
    await run.world.do(ue.machine, () => ue.request());
    await pass(run, 500);
    ue.socket.isMuted = false;
    await run.world.do(ue.machine, () => ue.move());
    await expectAnswer(run, ue, 'it moved while its MSK was under way');
    await awaitQuiet(run, TAKEN_OVER_WITHIN_MS);
    run.world.asWorld(() => run.senders.scale(run.plan.senders));
  },

  greedy: async (run) => {
    const [honest] = dueUes(run);
    if (honest === undefined) return;
    const greedy = await GreedyUe.begin(run);
    await pass(run, 1000);
    await expectAnswer(run, honest, 'another UE asks for all it can');
    greedy.close();
    await awaitQuiet(run, TAKEN_OVER_WITHIN_MS);
  },

  rotation: async (run) => {
    for (const name of ['a rotation', 'the rotation after it']) {
      const requestId = await askForRotation(run);
      const { rotations, rotated } = run.history;
      const before = rotated.length;
      const answer = () => rotations.get(requestId);
      if (!(await passUntil(run, () => answer() !== undefined, SOON_MS)))
        return run.world.fail(`${name} was not answered`);
      const isRotated = () => rotated.length > before;
      const isRefused = answer() !== 'MSK Prepared';
      // One that is under way ends before. One that was missed, as where its activation is a dead letter, is
      // taken up again by the first request that comes ten minutes later.
      if (await passUntil(run, isRotated, isRefused ? OVERDUE_MS : 30_000)) continue;
      if (isRefused) await askForRotation(run);
      if (!isRefused || !(await passUntil(run, isRotated, TAKEN_OVER_WITHIN_MS)))
        return run.world.fail(`${name} was answered by ${answer()}, and no MSK came into use`);
    }
    await awaitQuiet(run, TAKEN_OVER_WITHIN_MS);
  },
};

/** Does something while one UE that is due hears nothing. */
async function whileOneIsMuted(
  run: Run,
  act: (others: readonly SimulatedUe[], since: number, muted: SimulatedUe) => Promise<void>,
): Promise<void> {
  const due = dueUes(run);
  const muted = due[run.world.random.whole(Math.max(1, due.length))];
  if (muted === undefined) return;
  muted.socket.isMuted = true;
  await act(
    due.filter((ue) => ue !== muted),
    run.watch.sent.length,
    muted,
  );
  muted.socket.isMuted = false;
}

/** A UE that a slow push, which has just begun, has not reached yet. */
async function dueLast(run: Run): Promise<SimulatedUe | undefined> {
  const since = run.watch.sent.length;
  await askForPush(run, { pacing: { perSecond: 1 } });
  await pass(run, 3000);
  const reached = messagesTo(run, since);
  return dueUes(run).find(({ impi }) => !reached.has(impi));
}

async function expectAnswer(run: Run, ue: SimulatedUe, what: string): Promise<void> {
  const before = ue.taken.length;
  await run.world.do(ue.machine, () => ue.request());
  if (!(await passUntil(run, () => ue.taken.length > before, ANSWERED_WITHIN_MS)))
    run.world.fail(`${ue.machine.name} had no MSK in ${ANSWERED_WITHIN_MS / 1000} s: ${what}`);
  await pass(run, 1000);
}
