import { auditPush, type Check, figuresOf } from '../audit.ts';
import { awaitCompletion, type Scenario } from '../scenario.ts';

/** Senders share a push and do no work twice. */
export function severalSenders(count: number): Scenario {
  const name = `${count}-senders`;
  return {
    name,
    about: `${count} senders at once`,
    run: async (harness) => {
      await Promise.all(Array.from({ length: count }, () => harness.startSender()));
      const push = await harness.push(await harness.newMsk());
      const seconds = await awaitCompletion(harness, name, push);
      const figures = figuresOf(harness, push);
      const check: Check = {
        what: 'no message refused by a UE',
        ok: figures.outrun + figures.refused === 0,
        found: `${figures.outrun + figures.refused}`,
      };
      return {
        checks: [...auditPush(harness, push), check],
        figures: { seconds, rate: Math.round(harness.ues.count / seconds), ...figures },
      };
    },
  };
}
