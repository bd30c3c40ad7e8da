import { SENDER_VARIABLE } from '../../../functions/environment-variables.ts';
import { atLeast, type Check, figuresOf } from '../audit.ts';
import type { Harness } from '../harness.ts';
import { auditAll } from '../ledger.ts';
import { awaitCompletion, pause, type Scenario } from '../scenario.ts';
import type { SenderProcess } from '../senders.ts';

const TIMES = 20;
const SENDERS = 2;

/** One end for so many UEs where there are fewer than for twenty. */
const UES_PER_END = 500;

/** Between two ends, in ms, on average. */
const PAUSE_MS = 1000;

/** How long the messages of the push take for each end, in s, if no sender ended. */
const MOMENT_S = 2.25;

/** UEs of a page, smaller than by default, so that there are many pages to hit. */
const PAGE_UES = 100;

/**
 * Stopped senders have time to complete some of their pages, not all; no UE gets a message again
 * for being slow.
 */
const ENVIRONMENT = {
  [SENDER_VARIABLE.pageUes]: String(PAGE_UES),
  [SENDER_VARIABLE.drainSeconds]: '2',
  [SENDER_VARIABLE.retransmissionFirstSeconds]: '5',
  [SENDER_VARIABLE.retransmissionTries]: '3',
};

const SMALL_PAGE_UES = 20;

/** Few UEs, which answer soon, in a small run. */
const SOON = {
  [SENDER_VARIABLE.pageUes]: String(SMALL_PAGE_UES),
  [SENDER_VARIABLE.retransmissionFirstSeconds]: '1.5',
};

interface EndedSenders {
  readonly name: string;
  readonly signal: 'SIGKILL' | 'SIGTERM';
  readonly times?: number;
  /** UEs out of reach, which a page waits for. */
  readonly isOut?: (index: number) => boolean;
}

/** Senders are killed or stopped twenty times at random moments of one push, and started again. */
export function endedSenders(
  { name, signal, times: mostTimes = TIMES, isOut = () => false }: EndedSenders,
  about: string,
): Scenario {
  return {
    name,
    about,
    run: async (harness) => {
      harness.ues.putOutOfReach(isOut);
      const times = Math.min(mostTimes, Math.max(2, Math.ceil(harness.ues.count / UES_PER_END)));
      const pageUes = harness.options.isSmall ? SMALL_PAGE_UES : PAGE_UES;
      const environment = harness.options.isSmall ? { ...ENVIRONMENT, ...SOON } : ENVIRONMENT;
      const start = () => harness.startSender({ environment });
      await Promise.all(Array.from({ length: SENDERS }, start));
      const push = await harness.push(
        await harness.newMsk(),
        harness.ues.count / SENDERS / (times * MOMENT_S),
      );
      const ending = endAtRandom(harness, signal, times, start);
      const seconds = await awaitCompletion(harness, name, push);
      const ended = await ending.stop();
      const figures = figuresOf(harness, push);
      const checks: Check[] = [
        {
          what: 'at most one page repeated for each sender ended',
          ok: figures.repeated <= ended * pageUes,
          found: `${figures.repeated} UEs got it again after ${ended} ends`,
        },
        // On a busy machine a push is completed before the last of them.
        atLeast(Math.ceil(times * 0.75), `senders ended, of ${times}`, ended),
      ];
      return {
        checks: [
          ...(await auditAll(harness, push, (index) => (isOut(index) ? 'undelivered' : 'verified'))),
          ...checks,
        ],
        figures: { seconds, ended, ...figures },
      };
    },
  };
}

/** Senders that end. */
export const killedSenders = endedSenders(
  { name: 'killed-senders', signal: 'SIGKILL' },
  `a sender killed (SIGKILL) ${TIMES} times at random moments of a push, and started again`,
);
export const killedSendersSilentUes = endedSenders(
  { name: 'killed-silent', signal: 'SIGKILL', isOut: (index) => index % 100 === 7 },
  'the same, with 1 % of UEs out of reach, which almost every page waits for',
);
export const stoppedSenders = endedSenders(
  { name: 'stopped-senders', signal: 'SIGTERM' },
  `a sender stopped (SIGTERM) ${TIMES} times at random moments of a push, and started again`,
);

function endAtRandom(
  { senders, random }: Harness,
  signal: 'SIGKILL' | 'SIGTERM',
  times: number,
  start: () => Promise<SenderProcess>,
) {
  let ended = 0;
  let isOver = false;
  const run = async () => {
    while (ended < times && !isOver) {
      await pause(random.next() * 2 * PAUSE_MS);
      const running = senders.filter((sender) => sender.isRunning());
      const victim = running[random.whole(running.length)];
      if (victim === undefined || isOver) continue;
      ended += 1;
      const gone = victim.end(signal);
      await start();
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
