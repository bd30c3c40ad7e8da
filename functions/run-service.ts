import { isHealthyOnPort, serveHealth } from './health.ts';

/** A service that is running in this process. */
export interface RunningService {
  /** What whoever started the process is told, where it listens. */
  readonly started: object;
  readonly stop: () => Promise<void>;
}

/**
 * The process of a container. With `--health` it is the health check: it exits with 0 if a service on this
 * machine is healthy, else with 1. Without it, the service runs until a signal. It is healthy while it
 * runs: another container would not bring back what it depends on.
 */
export async function runService(healthPort: number, start: () => Promise<RunningService>): Promise<void> {
  if (process.argv.includes('--health')) process.exit((await isHealthyOnPort(healthPort)) ? 0 : 1);
  const service = await start();
  const health = await serveHealth(healthPort, () => true);
  process.send?.(service.started);
  let isStopping = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (isStopping) return;
      isStopping = true;
      health.close();
      void service.stop().then(() => process.exit(0));
    });
  }
}
