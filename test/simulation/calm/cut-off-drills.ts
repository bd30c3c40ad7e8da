import { KEY_DOMAIN_ID } from '../actors/names.ts';
import type { SimulatedUe } from '../actors/ues.ts';
import { CALLS_OF_FUNCTION } from '../faults.ts';
import type { Run } from '../simulate.ts';
import { type Drill, TAKEN_OVER_WITHIN_MS } from './drill.ts';
import { askForRotation, awaitQuiet, dueUes, pass, passUntil } from './pushes.ts';
import { checkState } from './state.ts';

/** Longer than the retries of Lambda. */
const ANSWERED_WITHIN_MS = 200_000;
/** Shorter than a UE waits before it asks again, in ms. */
const UNREACHED_MS = 2000;
/** How long a MUK lasts that is to end, in ms: shorter than a UE waits before it asks again. */
const SHORT_MS = 5000;
/** A rotation that is under way for the whole drill, in s. */
const LEAD_TIME_S = 3600;

/** A function ends between two of its calls, and what it has begun is done by the next try. */
export const CUT_OFF_DRILLS: Readonly<Record<string, Drill>> = {
  'leaving-cut-off': async (run) => {
    const leave = (ue: SimulatedUe) => {
      // What is done at the same time need not be done in the same order.
      const { aws, machine, scheduler } = run.world;
      aws.unreached = (name) => name.endsWith('DeleteItem');
      scheduler.after(UNREACHED_MS, machine, () => {
        aws.unreached = undefined;
      });
      return ue.leave();
    };
    await cutOffEach(run, leave);
    const [ue] = dueUes(run);
    if (ue === undefined) return;
    // Its MUK ends before it tries again.
    await run.world.do(ue.machine, () => ue.bootstrapAnew(SHORT_MS));
    await run.world.do(ue.machine, () => leave(ue));
    checkState(run);
    await run.world.do(ue.machine, () => ue.comeBack());
    await awaitQuiet(run, TAKEN_OVER_WITHIN_MS);
  },

  'request-cut-off': async (run) => {
    await cutOffEach(run, (ue) => ue.comeBack());
    // Tried again, it changes nothing, and makes the copies that are due all the same.
    await cutOffEach(run, (ue) => ue.move(0, () => ue.request()));
  },

  'rotation-cut-off': async (run) => {
    const { operator, world } = run;
    const current = await world.do(operator.machine, () => operator.currentMskId());
    await expectAnswer(run, await askForRotation(run, LEAD_TIME_S), 'a rotation');
    for (let calls = 1; calls <= CALLS_OF_FUNCTION; calls++) {
      run.rotation.endsAfterCalls = calls;
      const refused = await askForRotation(run, LEAD_TIME_S);
      await expectAnswer(run, refused, `a rotation that is refused, cut off after ${calls} calls`);
    }
    run.rotation.endsAfterCalls = undefined;
    // It makes the prepared MSK the current one.
    const mskId = { keyDomainId: KEY_DOMAIN_ID, mskId: current };
    const revoked = await world.do(operator.machine, () => operator.ask('Revoke MSK', mskId));
    await expectAnswer(run, revoked, 'a revocation');
    await awaitQuiet(run, TAKEN_OVER_WITHIN_MS);
  },
};

async function expectAnswer(run: Run, requestId: string, what: string): Promise<void> {
  const isAnswered = () => run.history.rotations.get(requestId) !== undefined;
  if (!(await passUntil(run, isAnswered, ANSWERED_WITHIN_MS))) run.world.fail(`${what} was not answered`);
}

/** A UE does a procedure again and again, and each time the function ends at another of its calls. */
async function cutOffEach(run: Run, procedure: (ue: SimulatedUe) => Promise<void>): Promise<void> {
  const { keyRequests, world } = run;
  const [ue] = dueUes(run);
  if (ue === undefined) return;
  for (let calls = 1; calls <= CALLS_OF_FUNCTION; calls++) {
    await world.do(ue.machine, () => ue.comeBack());
    keyRequests.endsAfterCalls = calls;
    await world.do(ue.machine, () => procedure(ue));
    keyRequests.cutOffNoMore();
    await pass(run, 1000);
    checkState(run);
  }
  await world.do(ue.machine, () => ue.comeBack());
  await awaitQuiet(run, TAKEN_OVER_WITHIN_MS);
}
