import { runService } from '../run-service.ts';
import { parseEnvironment } from './environment.ts';
import { startZnService } from './service.ts';

const settings = parseEnvironment(process.env);

// Whether the BSF is away, `GET /health` and the metrics report: another container would not bring it back.
await runService(settings.healthPort, async () => {
  const service = await startZnService(settings);
  return { started: { port: service.port }, stop: () => service.stop() };
});
