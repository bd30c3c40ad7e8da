import { runAlone } from '../virtual/scheduler.ts';
import { warmUp } from '../warm-up.ts';
import { runSeed } from './seed-outcome.ts';

/** A process that runs the seeds it is told to run, one after another, until nobody tells it any more. */
await warmUp();
runAlone();
process.on('disconnect', () => process.exit(0));
// It comes to all processes of a terminal: the one that gives out seeds gives out no more.
process.on('SIGINT', () => {});
process.on('message', ({ seed, shrinks }: Task) => {
  void runSeed(seed, {}, { shrinks }).then((outcome) => process.send?.(outcome));
});

/** What it is told. */
export interface Task {
  readonly seed: number;
  readonly shrinks: boolean;
}
