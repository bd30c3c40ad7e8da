import type { SeedOutcome } from './seed-outcome.ts';

/** A seed that failed. */
interface Failure {
  readonly seed: number;
  readonly findings: readonly string[];
  readonly replay: string;
}

/** What the runs of many seeds came to, in the order in which they end. */
export class Sums {
  readonly #counts = {
    seeds: 0,
    pushes: 0,
    outcomes: 0,
    deliveries: 0,
    calls: 0,
    datagrams: 0,
    simulatedMs: 0,
  };
  readonly #failures: Failure[] = [];
  readonly #injected = new Map<string, number>();
  readonly #hashes = new Map<number, string>();
  #longestHealingMs = 0;
  /** Of processes whose seeds are done, or go on; the last figure of each. */
  readonly #cpuSeconds = new Map<number, number>();

  /** @param process which process ran it */
  add(process: number, outcome: SeedOutcome): void {
    const { seed, findings, replay, hash, cpuSeconds } = outcome;
    const counts = this.#counts;
    counts.seeds += 1;
    counts.pushes += outcome.pushes;
    counts.outcomes += outcome.outcomes;
    counts.deliveries += outcome.deliveries;
    counts.calls += outcome.calls;
    counts.datagrams += outcome.datagrams;
    counts.simulatedMs += Math.round(outcome.simulatedMs);
    this.#longestHealingMs = Math.max(this.#longestHealingMs, outcome.healedMs);
    for (const [fault, times] of outcome.injected)
      this.#injected.set(fault, (this.#injected.get(fault) ?? 0) + times);
    this.#hashes.set(seed, hash);
    this.#cpuSeconds.set(process, cpuSeconds);
    if (replay !== undefined) this.#failures.push({ seed, findings, replay });
  }

  /** A seed did not end: its process did. */
  addFailure(seed: number, finding: string, replay: string): void {
    this.#counts.seeds += 1;
    this.#failures.push({ seed, findings: [finding], replay });
  }

  get pushes(): number {
    return this.#counts.pushes;
  }

  get failures(): number {
    return this.#failures.length;
  }

  /** In one line, for those who wait. */
  progress(seconds: number): string {
    const { seeds, pushes } = this.#counts;
    const cpu = Math.round(this.#cpu);
    return `${Math.round(seconds)} s (${cpu} s of processors): ${seeds} seeds with ${pushes} pushes, of which ${this.failures} seeds failed`;
  }

  /**
   * @param seeds the first, and the one that another run would begin with to go on
   * @param hashes whether the hash of each seed is in it
   */
  report(seeds: { readonly first: number; readonly next: number }, seconds: number, hashes: boolean): object {
    const { simulatedMs, ...counts } = this.#counts;
    const [only] = this.#hashes.values();
    const sorted = <K, V>(map: ReadonlyMap<K, V>) =>
      [...map].sort(([one], [other]) => (one < other ? -1 : 1));
    return {
      ok: this.failures === 0,
      ...seeds,
      ...counts,
      outcomesAPush: Number((counts.outcomes / counts.pushes).toFixed(1)),
      seconds: Math.round(seconds),
      cpuSeconds: Math.round(this.#cpu),
      pushesACpuMinute: Math.round((counts.pushes / this.#cpu) * 60),
      simulatedHours: Number((simulatedMs / 3_600_000).toFixed(2)),
      longestHealingSeconds: Math.round(this.#longestHealingMs / 1000),
      injected: Object.fromEntries(sorted(this.#injected)),
      ...(this.#hashes.size === 1 ? { hash: only } : {}),
      ...(hashes ? { hashes: Object.fromEntries(sorted(this.#hashes)) } : {}),
      failures: this.#failures.toSorted((one, other) => one.seed - other.seed),
    };
  }

  get #cpu(): number {
    return [...this.#cpuSeconds.values()].reduce((sum, each) => sum + each, 0);
  }
}
