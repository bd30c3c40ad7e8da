import { auditPush, type Check, figuresOf } from '../audit.ts';
import type { Harness } from '../harness.ts';
import { awaitCompletion, pause, type Scenario } from '../scenario.ts';

const TIMES = 20;
const SENDERS = 2;

/** Senders are killed, or told to stop, twenty times at random moments of one push, and started again. */
function endedSenders(signal: 'SIGKILL' | 'SIGTERM', name: string): Scenario {
  return {
    name,
    about: `a sender ended by ${signal} ${TIMES} times at random moments of a push, and started again`,
    run: async (harness) => {
      await Promise.all(Array.from({ length: SENDERS }, () => harness.startSender()));
      // As long as it takes to end senders twenty times while there is something left to do.
      const push = await harness.push(await harness.newMsk(), harness.ues.count / SENDERS / MOMENTS_S);
      const ending = endAtRandom(harness, signal);
      const seconds = await awaitCompletion(harness, name, push);
      const ended = await ending.stop();
      const figures = figuresOf(harness, push);
      const pages = figures.repeated / PAGE;
      const check: Check = {
        what: 'at most one page repeated for each sender ended',
        ok: pages <= ended,
        found: `${figures.repeated} UEs got it again after ${ended} ends`,
      };
      return { checks: [...auditPush(harness, push), check], figures: { seconds, ended, ...figures } };
    },
  };
}

/** Senders that end. */
export const killedSenders = endedSenders('SIGKILL', 'killed-senders');
export const stoppedSenders = endedSenders('SIGTERM', 'stopped-senders');

/** How long the messages of the push take, in s. */
const MOMENTS_S = 20;

/** UEs of a page. */
const PAGE = 100;

function endAtRandom({ senders, startSender, random }: Harness, signal: 'SIGKILL' | 'SIGTERM') {
  let ended = 0;
  let isOver = false;
  const run = async () => {
    while (ended < TIMES && !isOver) {
      await pause(random.next() * ((2 * MOMENTS_S * 1000) / TIMES));
      const running = senders.filter((sender) => sender.isRunning());
      const victim = running[random.whole(running.length)];
      if (victim === undefined || isOver) continue;
      ended += 1;
      const gone = victim.end(signal);
      await startSender();
      if (signal === 'SIGKILL') await gone;
    }
  };
  const running = run();
  return {
    stop: async () => {
      isOver = true;
      await running;
      return ended;
    },
  };
}
