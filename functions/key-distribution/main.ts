import { HEALTHY_FOR_MS, isHealthyOnPort, serveHealth } from '../health.ts';
import { parseEnvironment, type SenderSettings } from './environment.ts';
import { type WorkerStart, workerStartIn } from './workers/messages.ts';

const settings = parseEnvironment(process.env);
const workerStart = workerStartIn(process.argv);

if (process.argv.includes('--health')) await checkHealth(settings);
else if (workerStart !== undefined) await runAsWorker(settings, workerStart);
else if (settings.workers === 1) await runAlone(settings);
else await runWithWorkers(settings);

/** The container's health check: exits with 0 if a sender on this machine is healthy, else with 1. */
async function checkHealth({ healthPort }: SenderSettings): Promise<void> {
  process.exit((await isHealthyOnPort(healthPort)) ? 0 : 1);
}

// Modules are imported where they are needed: a primary has no use for the clients of AWS, which take most
// memory.

/** One of the workers that the primary has started. */
async function runAsWorker(settings: SenderSettings, start: WorkerStart): Promise<void> {
  const { runWorker } = await import('./workers/worker.ts');
  const worker = await runWorker(settings, start);
  onSignal(async () => {
    await worker.stop();
    process.exit(0);
  });
}

/** The only process of a sender. */
async function runAlone(settings: SenderSettings): Promise<void> {
  const { startSender } = await import('./sender.ts');
  const sender = await startSender(settings);
  const health = await serveHealth(settings.healthPort, () => sender.msSinceQueueAnswer < HEALTHY_FOR_MS);
  onSignal(async () => {
    health.close();
    await sender.stop();
    process.exit(0);
  });
  // Last: who hears of it may stop it at once.
  process.send?.({ udpPort: sender.udpPort, udpAddresses: sender.udpAddresses });
}

/** The primary: starts workers and restarts those that die. Exits with 1 when it gives one up. */
async function runWithWorkers(settings: SenderSettings): Promise<void> {
  const { WorkerPool } = await import('./workers/worker-pool.ts');
  const pool = await WorkerPool.start(settings, process.argv[1] ?? '');
  const health = await serveHealth(settings.healthPort, () => pool.msSinceQueueAnswer < HEALTHY_FOR_MS);
  onSignal(async () => {
    health.close();
    process.exit((await pool.stop()) ? 0 : 1);
  });
  process.send?.({ udpPort: pool.udpPort, udpAddresses: pool.udpAddresses });
  await pool.givenUp;
  await pool.stop();
  process.exit(1);
}

/** Stops at the first signal. Further signals, as an impatient operator sends them, change nothing. */
function onSignal(stop: () => Promise<void>): void {
  let isStopping = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (!isStopping) void stop();
      isStopping = true;
    });
  }
}
