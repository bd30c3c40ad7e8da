import { isHealthyOnPort, serveHealth } from '../health.ts';
import { parseEnvironment, type ZnSettings } from './environment.ts';
import { startZnService } from './service.ts';

const settings = parseEnvironment(process.env);

if (process.argv.includes('--health')) await checkHealth(settings);
else await run(settings);

/** The container's health check: exits with 0 if a service on this machine is healthy, else with 1. */
async function checkHealth({ healthPort }: ZnSettings): Promise<void> {
  process.exit((await isHealthyOnPort(healthPort)) ? 0 : 1);
}

/**
 * Runs until a signal. The container is healthy while it serves: to start another one does not help when
 * the BSF is away, which `GET /health` and the metrics report.
 */
async function run(settings: ZnSettings): Promise<void> {
  const service = await startZnService(settings);
  const health = await serveHealth(settings.healthPort, () => true);
  process.send?.({ port: service.port });
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
