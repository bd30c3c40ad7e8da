import { seededRandom } from '../../seeded-random.ts';
import { runCampaign } from './campaign.ts';
import { loadInstrumented } from './instrumented.ts';
import { TARGETS } from './targets.ts';

/**
 * `npm run fuzz -- [inputs of each decoder] [seed]`: ends with code 1 at the first error that is not typed.
 */
const inputs = Number(process.argv[2] ?? 1_000_000);
const seed = Number(process.argv[3] ?? Date.now() % 2 ** 31);
const only = process.argv.slice(4);

process.stdout.write(`seed ${seed}\n`);
for (const name of only.length > 0 ? only : Object.keys(TARGETS)) {
  const startedAt = Date.now();
  const { refused, corpus, covered, total } = runCampaign(
    await loadInstrumented(name),
    inputs,
    seededRandom(seed).whole,
  );
  const share = ((100 * covered) / total).toFixed(1);
  process.stdout.write(
    `${name}: ${inputs} inputs, ${refused} refused, ${corpus} kept, ${covered} of ${total} (${share} %) reached, ${Date.now() - startedAt} ms\n`,
  );
}
