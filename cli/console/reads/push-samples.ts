import type { PushSample } from '../views.ts';

/** Samples that are kept of a push; of more, every second one goes. */
const MAX_SAMPLES = 400;
/** Pushes whose samples are kept; the oldest goes. */
const MAX_PUSHES = 50;
/** The rate is that of the last seconds, in ms: senders count some hundred UEs at a time. */
const RATE_OVER_MS = 30_000;

/**
 * How pushes went on while somebody looked: the ledger has only how far they are. It lives as long as the
 * command.
 */
export class PushSamples {
  readonly #samples = new Map<string, PushSample[]>();

  /** Adds how far a push is, and returns all that is known, its beginning first. */
  add(pushId: string, startedAt: number, sample: PushSample): readonly PushSample[] {
    const known = this.#samples.get(pushId) ?? [{ at: startedAt, verified: 0, sent: 0, failed: 0 }];
    const last = known.at(-1);
    // A completed push is read again and again, and does not go on.
    if (last === undefined || sample.at > last.at) known.push(sample);
    const samples = known.length > MAX_SAMPLES ? thinned(known) : known;
    this.#samples.delete(pushId);
    this.#samples.set(pushId, samples);
    for (const oldest of this.#samples.keys()) {
      if (this.#samples.size <= MAX_PUSHES) break;
      this.#samples.delete(oldest);
    }
    return samples;
  }
}

/** UEs a second over the last 30 s of the samples; 0 for a single one. */
export function recentRate(samples: readonly PushSample[]): number {
  const last = samples.at(-1);
  const before =
    samples.findLast(({ at }) => last !== undefined && at <= last.at - RATE_OVER_MS) ?? samples[0];
  if (last === undefined || before === undefined || last.at === before.at) return 0;
  return Math.max(0, ((settledIn(last) - settledIn(before)) * 1000) / (last.at - before.at));
}

function settledIn({ verified, sent, failed }: PushSample): number {
  return verified + sent + failed;
}

/** Every second sample, with the first and the last. */
function thinned(samples: readonly PushSample[]): PushSample[] {
  return samples.filter((_, index) => index % 2 === 0 || index === samples.length - 1);
}
