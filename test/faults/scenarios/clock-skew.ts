import { readFileSync } from 'node:fs';
import { atLeast, type Check, figuresOf } from '../audit.ts';
import type { Harness } from '../harness.ts';
import { auditAll } from '../ledger.ts';
import { awaitCompletion, type Scenario, TOGETHER_PER_SECOND } from '../scenario.ts';

const SKEWS_MS = [-2000, 2000];
const PUSHES = 4;

/** Senders whose clocks differ by four seconds push one MSK after another to the same UEs. */
export const clockSkew: Scenario = {
  name: 'clock-skew',
  about: `two senders with clocks wrong by ${SKEWS_MS.join(' and ')} ms, ${PUSHES} pushes one after the other`,
  run: async (harness) => {
    for (const clockSkewMs of SKEWS_MS) await harness.startSender({ clockSkewMs });
    const checks: Check[] = [];
    let seconds = 0;
    for (let each = 1; each <= PUSHES; each++) {
      const push = await harness.push(await harness.newMsk(), TOGETHER_PER_SECOND / SKEWS_MS.length);
      seconds += await awaitCompletion(harness, `clock-skew ${each}`, push);
      checks.push(
        ...(await auditAll(harness, push)).map((check) => ({ ...check, what: `${each}: ${check.what}` })),
      );
      if (each < PUSHES) continue;
      const figures = figuresOf(harness, push);
      checks.push({
        what: 'no message refused by the replay counter of a UE',
        ok: figures.outrun === 0,
        found: `${figures.outrun} refused`,
      });
      checks.push(
        ...SKEWS_MS.map((skewMs) =>
          atLeast(1, `sender whose clock is wrong by ${skewMs} ms`, skewedBy(harness, skewMs)),
        ),
      );
      return { checks, figures: { seconds, ...figures } };
    }
    return { checks, figures: { seconds } };
  },
};

/** Senders that logged two clocks that differ so. */
function skewedBy({ logFile }: Harness, skewMs: number): number {
  const logged = [...readFileSync(logFile, 'utf8').matchAll(/^skewed clock (\d+), true clock (\d+)$/gm)];
  return logged.filter(([, skewed, real]) => Math.abs(Number(skewed) - Number(real) - skewMs) < 50).length;
}
