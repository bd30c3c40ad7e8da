import { type SeededRandom, seededRandom } from '../../seeded-random.ts';
import { type FaultRates, NO_FAULTS } from '../faults.ts';
import { Entropy } from '../virtual/entropy.ts';
import { runOn } from '../virtual/install.ts';
import { Machine } from '../virtual/machine.ts';
import { Scheduler } from '../virtual/scheduler.ts';
import { Trace } from '../virtual/trace.ts';
import { Aws } from './aws.ts';
import { Network } from './network.ts';

/** Everything around the code that is tested, in virtual time. */
export class World {
  readonly scheduler = new Scheduler();
  readonly seed: number;
  readonly random: SeededRandom;
  readonly trace: Trace;
  readonly network: Network;
  /** Its clock is true. */
  readonly machine = new Machine('world', 0);
  readonly aws: Aws;
  /** What is wrong so far. */
  readonly findings: string[] = [];
  faults: FaultRates = NO_FAULTS;
  /** How often each fault came. */
  readonly injected = new Map<string, number>();

  /** From now on the clocks and timers of this process are this world's. */
  constructor(seed: number, { keepsLines = false } = {}) {
    this.seed = seed;
    this.random = seededRandom(seed);
    this.trace = new Trace(() => this.scheduler.now, keepsLines);
    runOn({ scheduler: this.scheduler, entropy: new Entropy(seed) });
    this.network = new Network(this);
    this.aws = this.asWorld(() => new Aws(this));
  }

  /** Whether a fault comes now, by its rate. */
  strikes(fault: keyof FaultRates, rate = this.faults[fault]): boolean {
    const comes = this.random.happens(rate);
    if (comes) this.count(fault);
    return comes;
  }

  /** Counts a fault that came, or several. */
  count(fault: string, times = 1): void {
    this.injected.set(fault, (this.injected.get(fault) ?? 0) + times);
  }

  current(): Machine {
    return this.scheduler.current ?? this.machine;
  }

  asWorld<T>(run: () => T): T {
    return this.scheduler.as(this.machine, run);
  }

  /** ms since the epoch */
  trueTime(): number {
    return Math.floor(this.machine.wall(this.scheduler.now));
  }

  /** Notes that something is not as it must be. */
  fail(finding: string): void {
    this.trace.note('check', finding);
    this.findings.push(finding);
  }

  /** Runs a step of the simulation itself to its end. @throws Error when it does not end in an hour */
  async do<T>(machine: Machine, step: () => Promise<T>): Promise<T> {
    let outcome: { value: T } | { error: unknown } | undefined;
    this.scheduler.as(machine, step).then(
      (value) => {
        outcome = { value };
      },
      (error: unknown) => {
        outcome = { error };
      },
    );
    await this.scheduler.run(() => outcome !== undefined, this.scheduler.now + 3_600_000);
    if (outcome === undefined) throw new Error('a step did not end in an hour of virtual time');
    if ('error' in outcome) throw outcome.error;
    return outcome.value;
  }
}
