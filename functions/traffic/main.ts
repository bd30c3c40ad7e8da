import { runService } from '../run-service.ts';
import { parseEnvironment } from './environment.ts';
import { startTrafficService } from './service.ts';

const settings = parseEnvironment(process.env);

await runService(settings.healthPort, async () => {
  const service = await startTrafficService(settings);
  return { started: { streams: settings.streams.length }, stop: () => service.stop() };
});
