import { SENDER_VARIABLE } from '../../../functions/environment-variables.ts';
import { type Check, figuresOf } from '../audit.ts';
import { auditAll } from '../ledger.ts';
import { awaitCompletion, pause, type Scenario } from '../scenario.ts';

/** Fewer deaths than a task stands of one worker. */
const TIMES = 3;
const WORKERS = 2;
/** How long the messages of the push take for each kill, in s, if no worker were killed. */
const MOMENT_S = 3;
/** Between two kills, in ms, on average. */
const PAUSE_MS = 2000;
const PAGE_UES = 100;

/** One sender whose workers share a port, and are killed one by one while the others go on. */
export const killedWorkers: Scenario = {
  name: 'killed-workers',
  about: `one sender of ${WORKERS} workers, of which one is killed (SIGKILL) ${TIMES} times at random moments of a push`,
  run: async (harness) => {
    const times = harness.options.isSmall ? 1 : TIMES;
    const sender = await harness.startSender({
      environment: {
        [SENDER_VARIABLE.workers]: String(WORKERS),
        [SENDER_VARIABLE.pageUes]: String(PAGE_UES),
      },
    });
    const started = sender.workers().length;
    const push = await harness.push(await harness.newMsk(), harness.ues.count / (times * MOMENT_S));
    let killed = 0;
    const killing = (async () => {
      while (killed < times && push.outcomes.completed.length === 0) {
        await pause(harness.random.next() * 2 * PAUSE_MS);
        const workers = sender.workers();
        const victim = workers[harness.random.whole(workers.length)];
        if (victim === undefined) continue;
        process.kill(victim, 'SIGKILL');
        killed += 1;
      }
    })();
    const seconds = await awaitCompletion(harness, 'killed-workers', push);
    await killing;
    const figures = figuresOf(harness, push);
    const checks: Check[] = [
      { what: `${WORKERS} workers started`, ok: started === WORKERS, found: `${started}` },
      { what: `workers killed ${times} times`, ok: killed === times, found: `${killed}` },
      { what: 'the sender still runs', ok: sender.isRunning(), found: `${sender.isRunning()}` },
      {
        what: 'at most one page repeated for each worker killed',
        ok: figures.repeated <= killed * PAGE_UES,
        found: `${figures.repeated} UEs got it again after ${killed} kills`,
      },
    ];
    return {
      checks: [...(await auditAll(harness, push)), ...checks],
      figures: { seconds, killed, ...figures },
    };
  },
};
