import { NONCE_LIFETIME_S } from '../actors/key-request-function.ts';
import { type Drill, SOON_MS, TAKEN_OVER_WITHIN_MS } from './drill.ts';
import { askForSolicitation, awaitEnd, awaitQuiet, dueUes, pass } from './pushes.ts';
import { checkState } from './state.ts';

/** Less than the 5 s that nonces allow for. */
const INSTANCES_DIFFER_MS = 4800;
/** How long the MUK of a UE lasts that is to end. */
const SHORT_MS = 5000;

/** Requests of UEs, of others who send them again, and MUKs that end. */
export const REQUEST_DRILLS: Readonly<Record<string, Drill>> = {
  'requests-again': async (run) => {
    const { history, keyRequests, world } = run;
    const { grants } = history;
    world.count('requestReplays', keyRequests.replayAll());
    await pass(run, 10_000);
    if (history.grants > grants) world.fail('requests that were sent again were granted');
    checkState(run);
  },

  'old-nonce': async (run) => {
    const { keyRequests, random } = { ...run, random: run.world.random };
    const due = dueUes(run);
    const ue = due[random.whole(Math.max(1, due.length))];
    if (ue === undefined) return;
    const { btid } = ue.keys;
    keyRequests.skewClocks(INSTANCES_DIFFER_MS);
    // Its request begins a nonce, whose age is known then.
    await pass(run, NONCE_LIFETIME_S * 1000 + INSTANCES_DIFFER_MS);
    await run.world.do(ue.machine, () => ue.request());
    const sendAgain = keyRequests.overhear(btid);
    await pass(run, NONCE_LIFETIME_S * 1000 - 5000);
    // While instances differ on whether the nonce is over, the UE takes a new one.
    const replays = 80;
    for (let replay = 0; replay < replays; replay++) {
      await pass(run, 100);
      sendAgain();
      keyRequests.replayLastOf(btid);
      if (replay % 4 === 0 && ue.busy === 0) void ue.request();
    }
    run.world.count('requestReplays', replays);
    await awaitQuiet(run, TAKEN_OVER_WITHIN_MS);
    checkState(run);
  },

  'refused-again': async (run) => {
    const { history, keyRequests, world } = run;
    const [ue] = dueUes(run);
    if (ue === undefined) return;
    // It asks for what it is not registered to, and registers: the refused request must not be granted now.
    await world.do(ue.machine, () => ue.leave());
    await world.do(ue.machine, () => ue.request());
    const sendAgain = keyRequests.overhear(ue.keys.btid);
    await world.do(ue.machine, () => ue.comeBack());
    await awaitQuiet(run, TAKEN_OVER_WITHIN_MS);
    const { grants } = history;
    sendAgain();
    world.count('requestReplays');
    await pass(run, SOON_MS);
    if (history.grants > grants) world.fail('a refused request that was sent again was granted');
    checkState(run);
  },

  'two-pulls': async (run) => {
    const { watch, world } = run;
    const [ue] = dueUes(run);
    if (ue === undefined) return;
    // It hears nothing: whoever hears of a pull bootstraps anew.
    ue.socket.isMuted = true;
    await world.do(ue.machine, () => ue.bootstrapAnew(SHORT_MS));
    const { btid } = ue.keys;
    await pass(run, 2 * SHORT_MS);
    for (let pull = 0; pull < 2; pull++)
      await awaitEnd(run, await askForSolicitation(run), SOON_MS, 'the MUK of a UE had ended');
    const pulls = watch.sent.filter((each) => each.kind === 'solicited-pull' && each.btid === btid);
    if (pulls.length !== 1) world.fail(`${pulls.length} pulls were solicited under a MUK that had ended`);
    ue.socket.isMuted = false;
    await world.do(ue.machine, () => ue.bootstrapAnew());
    await awaitQuiet(run, TAKEN_OVER_WITHIN_MS);
  },
};
