/**
 * CPU time of this process with all its threads, in ns; other processes on the machine do not count in it.
 */
export type CpuClock = () => number;

const CLOCK_PROCESS_CPUTIME_ID = 2;

/** The clock that the C program reads too; Node's own `process.cpuUsage` counts in µs. */
export async function loadCpuClock(): Promise<CpuClock> {
  const { default: koffi } = await import('koffi');
  const read: (clock: number, time: BigInt64Array) => number = koffi
    .load(null)
    .func('int clock_gettime(int, void*)');
  const time = new BigInt64Array(2);
  return () => {
    if (read(CLOCK_PROCESS_CPUTIME_ID, time) !== 0) throw new Error('the CPU time could not be read');
    return Number(time[0]) * 1e9 + Number(time[1]);
  };
}
