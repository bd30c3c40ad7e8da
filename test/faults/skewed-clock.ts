/**
 * Preloaded into a process (`--import`), this makes its wall clock wrong by FAULTS_CLOCK_SKEW_MS
 * milliseconds. Timers, which count from when they are set, are as they were.
 */
const skew = Number(process.env.FAULTS_CLOCK_SKEW_MS ?? 0);
const trueNow = Date.now;
const TrueDate = Date;

Date.now = () => trueNow() + skew;
globalThis.Date = new Proxy(TrueDate, {
  construct: (target, args) => Reflect.construct(target, args.length === 0 ? [trueNow() + skew] : args),
});

process.stdout.write(`skewed clock ${Date.now()}, true clock ${trueNow()}\n`);
