import { type Check, figuresOf } from '../audit.ts';
import type { Harness } from '../harness.ts';
import { auditAll } from '../ledger.ts';
import { awaitCompletion, type Scenario, TOGETHER_PER_SECOND } from '../scenario.ts';

/** Senders share a push and do no work twice. */
export function severalSenders(count: number): Scenario {
  const name = `${count}-senders`;
  return {
    name,
    about: `${count} senders in parallel`,
    run: async (harness) => {
      await Promise.all(Array.from({ length: count }, () => harness.startSender()));
      const cpuBefore = cpuOf(harness);
      const push = await harness.push(await harness.newMsk(), TOGETHER_PER_SECOND / count);
      const seconds = await awaitCompletion(harness, name, push);
      const figures = figuresOf(harness, push);
      const cpuSeconds = Math.round((cpuOf(harness) - cpuBefore) * 100) / 100;
      const check: Check = {
        what: 'no message refused by a UE',
        ok: figures.outrun + figures.refused === 0,
        found: `${figures.outrun + figures.refused}`,
      };
      return {
        checks: [...(await auditAll(harness, push)), check],
        figures: {
          seconds,
          rate: Math.round(harness.ues.count / seconds),
          ...figures,
          ...(Number.isNaN(cpuSeconds) ? {} : { cpuSeconds }),
          ...callsOf(harness),
        },
      };
    },
  };
}

/** Processor time that the senders have used, in s; NaN where the system has no /proc. */
function cpuOf({ senders }: Harness): number {
  return senders.reduce((sum, sender) => sum + (sender.cpuSeconds() ?? Number.NaN), 0);
}

/** Calls to AWS, and how long one took in ms. */
function callsOf({ aws }: Harness): Record<string, number> {
  return Object.fromEntries(
    [...aws.calls].flatMap(([action, calls]) => [
      [`${action} calls`, calls],
      [`${action} ms`, Math.round(((aws.callsMs.get(action) ?? 0) / calls) * 10) / 10],
    ]),
  );
}
