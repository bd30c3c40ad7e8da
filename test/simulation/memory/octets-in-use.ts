import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Taken before virtual timers are installed. */
const realImmediate = globalThis.setImmediate;
const COLLECTIONS = 3;
const DATA_SPACES = ['new_space', 'old_space', 'new_large_object_space', 'large_object_space'];
let collect: (() => void) | undefined;

/** Octets of the heap and of typed arrays that are in use when nothing waits to be collected. */
export async function octetsInUse(): Promise<number> {
  collect ??= collector();
  for (let collection = 0; collection < COLLECTIONS; collection++) {
    // What a job has seen of weak references stays until it ends.
    await new Promise<void>((resolve) => realImmediate(resolve));
    collect();
  }
  return octetsOfData() + process.memoryUsage().external;
}

/** Compiled code is left out: there is more of it the longer a program runs, up to all of it. */
function octetsOfData(): number {
  return getHeapSpaceStatistics()
    .filter(({ space_name: name }) => DATA_SPACES.includes(name))
    .reduce((sum, { space_used_size: used }) => sum + used, 0);
}

function collector(): () => void {
  // Code that is thrown away and made again is not what is measured.
  setFlagsFromString('--no-flush-bytecode');
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc');
}
