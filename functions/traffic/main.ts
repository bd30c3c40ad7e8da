import { isHealthyOnPort, serveHealth } from '../health.ts';
import { parseEnvironment, type TrafficSettings } from './environment.ts';
import { startTrafficService } from './service.ts';

const settings = parseEnvironment(process.env);

if (process.argv.includes('--health')) await checkHealth(settings);
else await run(settings);

/** The container's health check: exits with 0 if a service on this machine is healthy, else with 1. */
async function checkHealth({ healthPort }: TrafficSettings): Promise<void> {
  process.exit((await isHealthyOnPort(healthPort)) ? 0 : 1);
}

/** Runs until a signal. It is healthy while it runs: another container would not bring back the table. */
async function run(settings: TrafficSettings): Promise<void> {
  const service = await startTrafficService(settings);
  const health = await serveHealth(settings.healthPort, () => true);
  process.send?.({ streams: settings.streams.length });
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
