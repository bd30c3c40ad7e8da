import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { SeedOutcome } from './seed-outcome.ts';
import type { Task } from './worker.ts';

/** Hears of seeds that have been run. */
export interface SeedListener {
  onOutcome(process: number, outcome: SeedOutcome): void;
  /** The process that ran a seed has ended, and the seed has no outcome. */
  onLost(seed: number, why: string): void;
}

/**
 * Runs seeds in several processes, each as soon as a process is free.
 * @param seeds ends when no more are to be begun
 */
export async function runInWorkers(
  workers: number,
  seeds: Iterator<number>,
  shrinks: boolean,
  listener: SeedListener,
): Promise<void> {
  let started = 0;
  const work = async () => {
    let child: ChildProcess | undefined;
    let number = 0;
    for (let next = seeds.next(); !next.done; next = seeds.next()) {
      if (child === undefined) {
        child = fork(join(import.meta.dirname, 'worker.ts'));
        started += 1;
        number = started;
      }
      const outcome = await run(child, { seed: next.value, shrinks });
      if (typeof outcome === 'object') listener.onOutcome(number, outcome);
      else {
        listener.onLost(next.value, outcome);
        child = undefined;
      }
    }
    child?.disconnect();
  };
  await Promise.all(Array.from({ length: workers }, work));
}

/** @returns what came of it, or how the process has ended */
async function run(child: ChildProcess, task: Task): Promise<SeedOutcome | string> {
  const over = new AbortController();
  const { signal } = over;
  child.send(task);
  try {
    return await Promise.race([
      once(child, 'message', { signal }).then(([outcome]: SeedOutcome[]) => outcome ?? 'no outcome'),
      once(child, 'exit', { signal }).then(([code, by]) => `the process ended by ${by ?? `code ${code}`}`),
    ]);
  } finally {
    over.abort();
  }
}
