import { median } from './compare.ts';
import { type Contender, startOurs } from './processes.ts';

/** How the cost of a message changes with what there is more of. */
export interface Growth {
  readonly batches: readonly { readonly batch: number; readonly ns: number }[];
  /** Of one push, the median where it was made again; memory in octets after it. */
  readonly ues: readonly { readonly ues: number; readonly ns: number; readonly rss: number }[];
  /** At the same time on the same machine; the rate is that of all together by the clock on the wall. */
  readonly processes: readonly {
    readonly processes: number;
    readonly ns: number;
    readonly perSecond: number;
  }[];
}

const MEANS = 'lanes+sendmmsg';
const BATCH = 256;
const ROUNDS = 3;
/**
 * A small push ends before it can be timed well: it is repeated until this number of UEs has been sent to.
 */
const UES_AT_LEAST = 100_000;

/** Batches of 4 to 1024, pushes to a thousand to a million UEs, one and two processes. */
export async function measureGrowth(ours: Contender, progress: (what: string) => void): Promise<Growth> {
  const inRounds = async (batch: number, messages: number) => {
    const all = [];
    for (let round = 0; round < ROUNDS; round++) {
      const { nsPerMessage } = await ours.time('both', batch, Math.ceil(messages / batch), MEANS);
      all.push(nsPerMessage);
    }
    return median(all);
  };
  const batches = [];
  for (const batch of [4, 16, 64, 256, 1024]) {
    progress(`batches of ${batch}`);
    batches.push({ batch, ns: await inRounds(batch, 16_384) });
  }
  const ues = [];
  for (const count of [1_000, 10_000, 100_000, 1_000_000]) {
    progress(`a push to ${count} UEs`);
    const timings = [];
    for (let done = 0; done < UES_AT_LEAST; done += count)
      timings.push(await ours.time('both', BATCH, Math.ceil(count / BATCH), MEANS));
    const ns = median(timings.map(({ nsPerMessage }) => nsPerMessage));
    ues.push({ ues: count, ns, rss: timings.at(-1)?.rss ?? 0 });
  }
  const other = await startOurs();
  try {
    await other.time('both', BATCH, 128, MEANS);
    const processes = [];
    for (const together of [[ours], [ours, other]]) {
      progress(`${together.length} processes`);
      const messages = 128 * BATCH;
      const startedAt = performance.now();
      const timings = await Promise.all(together.map((each) => each.time('both', BATCH, 128, MEANS)));
      const seconds = (performance.now() - startedAt) / 1000;
      processes.push({
        processes: together.length,
        ns: timings.reduce((sum, { nsPerMessage }) => sum + nsPerMessage, 0) / timings.length,
        perSecond: (together.length * messages) / seconds,
      });
    }
    return { batches, ues, processes };
  } finally {
    other.stop();
  }
}
