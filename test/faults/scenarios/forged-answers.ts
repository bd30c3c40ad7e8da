import { atLeast, type Check, figuresOf } from '../audit.ts';
import { createForger, createForgerForSilentUes } from '../forger.ts';
import { auditAll } from '../ledger.ts';
import { awaitCompletion, type Scenario } from '../scenario.ts';

const RATE = 10;

/** More resident memory than without the forger, in MiB, that a sender may take. */
const ALLOWED_MIB = 64;

const isOut = (index: number) => index % 100 === 7;

/** An attacker sends ten forged answers for each true one; some UEs are out of reach and do not answer. */
export const forgedAnswers: Scenario = {
  name: 'forged-answers',
  about: `forged, replayed and truncated verification messages at ${RATE} times the real rate; 1 % of UEs out of reach`,
  run: async (harness) => {
    const sender = await harness.startSender();
    harness.ues.putOutOfReach(isOut);
    const measured = async (name: string) => {
      const push = await harness.push(await harness.newMsk());
      let peak = 0;
      const sampling = setInterval(async () => {
        peak = Math.max(peak, await sender.rss());
      }, 250);
      const seconds = await awaitCompletion(harness, name, push);
      clearInterval(sampling);
      return { push, seconds, peak: Math.round(peak) };
    };
    const before = await measured('forged-answers, without');
    const forger = createForger(RATE, harness.random);
    const forSilent = createForgerForSilentUes(harness.random, (datagram) =>
      harness.ues.isForUeOutOfReach(datagram),
    );
    harness.relay.tap(forger.tap);
    harness.relay.tapToUes(forSilent.tap);
    harness.ues.forget();
    const { push, seconds, peak } = await measured('forged-answers');
    const { observed, ...sent } = forger.counts;
    const { forgedForSilent } = forSilent.counts;
    const reachable = Array.from({ length: harness.ues.count }, (_, index) => index).filter(
      (index) => !isOut(index),
    );
    const silent = harness.ues.count - reachable.length;
    const check: Check = {
      what: 'memory bounded',
      ok: peak <= before.peak + ALLOWED_MIB,
      found: `${before.peak} MiB resident at most without, ${peak} MiB with`,
    };
    return {
      checks: [
        ...(await auditAll(harness, push, (index) => (isOut(index) ? 'undelivered' : 'verified'))),
        check,
        atLeast(reachable.length, 'UEs verified', push.outcomes.delivered.size),
        atLeast(2 * silent, 'answers forged for UEs out of reach', forgedForSilent),
        ...Object.entries(sent).map(([kind, count]) =>
          atLeast(reachable.length / 2, `datagrams ${kind}`, count),
        ),
      ],
      figures: {
        seconds,
        secondsWithout: before.seconds,
        rssMib: peak,
        rssMibWithout: before.peak,
        observed,
        ...sent,
        forgedForSilent,
        ...figuresOf(harness, push),
      },
    };
  },
};
