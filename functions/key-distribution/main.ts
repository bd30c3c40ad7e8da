import { parseEnvironment } from './environment.ts';
import { askHealth, HEALTHY_FOR_MS, serveHealth } from './health.ts';
import { workerStartIn } from './workers/messages.ts';

const settings = parseEnvironment(process.env);

if (process.argv.includes('--health')) {
  process.exit((await askHealth(settings.healthPort)) ? 0 : 1);
}

const start = workerStartIn(process.argv);
// What is imported only where it is needed: a primary has no use for the clients of AWS, which take most of the memory.
if (start !== undefined) {
  const { runWorker } = await import('./workers/worker.ts');
  const { stop } = await runWorker(settings, start);
  onSignal(async () => {
    await stop();
    process.exit(0);
  });
} else if (settings.workers === 1) {
  const { startSender } = await import('./sender.ts');
  const sender = await startSender(settings);
  const health = await serveHealth(settings.healthPort, () => sender.heardAgoMs() < HEALTHY_FOR_MS);
  process.send?.({ udpPort: sender.udpPort });
  onSignal(async () => {
    health.close();
    await sender.stop();
    process.exit(0);
  });
} else {
  const { startWorkers } = await import('./workers/primary.ts');
  const workers = await startWorkers(settings, process.argv[1] ?? '');
  const health = await serveHealth(settings.healthPort, () => workers.heardAgoMs() < HEALTHY_FOR_MS);
  process.send?.({ udpPort: workers.udpPort });
  onSignal(async () => {
    health.close();
    process.exit((await workers.stop()) ? 0 : 1);
  });
  await workers.givenUp;
  await workers.stop();
  process.exit(1);
}

/** The first signal stops; others, as an impatient operator sends them, change nothing. */
function onSignal(stop: () => Promise<void>): void {
  let isStopping = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (!isStopping) void stop();
      isStopping = true;
    });
  }
}
