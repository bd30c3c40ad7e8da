import { parseEnvironment } from './environment.ts';
import { askHealth } from './health.ts';
import { startSender } from './sender.ts';

const settings = parseEnvironment(process.env);

if (process.argv.includes('--health')) {
  process.exit((await askHealth(settings.healthPort)) ? 0 : 1);
}

const sender = await startSender(settings);
process.send?.({ udpPort: sender.udpPort });

let stopping = false;
const stop = async () => {
  if (stopping) return;
  stopping = true;
  await sender.stop();
  process.exit(0);
};
process.on('SIGTERM', stop);
process.on('SIGINT', stop);
