import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';

/**
 * Loaded into a sender's process before it: SIGUSR2 starts a CPU profile, the next one ends it and writes it
 * to the file that this variable names.
 */
const FILE = process.env.BENCH_CPU_PROFILE ?? '';
/** Time between two samples, in µs. */
const INTERVAL_US = 500;

const session = new Session();
session.connect();
let profiling = false;

process.on('SIGUSR2', async () => {
  profiling = !profiling;
  if (profiling) {
    await session.post('Profiler.enable');
    await session.post('Profiler.setSamplingInterval', { interval: INTERVAL_US });
    await session.post('Profiler.start');
    return;
  }
  const { profile } = await session.post('Profiler.stop');
  writeFileSync(FILE, JSON.stringify(profile));
});
