import { Command } from 'commander';
import { aPort } from '../arguments.ts';
import { PortTakenError } from './aws/listen.ts';
import { demonstrate } from './demonstration.ts';
import { type LocalSystem, startLocalSystem } from './system.ts';

const options = new Command('npm start --')
  .description('run a whole BM-SC on this machine and show a key arriving')
  .option('--once', 'end after the demonstration, with code 0 if it went well')
  .option('--no-demo', 'start without the demonstration')
  .option('--json', 'print one line of JSON with the URLs')
  .option('--port <port>', 'HTTP port of the key management URI', aPort, 8080)
  .option('--endpoint-port <port>', 'HTTP port that stands in for AWS', aPort, 4566)
  .option('--udp-port <port>', 'UDP port of the sender', aPort, 2269)
  .parse()
  .opts<{
    once?: boolean;
    demo: boolean;
    json?: boolean;
    port: number;
    endpointPort: number;
    udpPort: number;
  }>();

const say = (line: string) => void process.stdout.write(`${line}\n`);

async function run(): Promise<number> {
  const startedAt = Date.now();
  const ports = { http: options.port, endpoint: options.endpointPort, udp: options.udpPort };
  const system = await startLocalSystem(ports, (what) => say(`… ${what}`));
  try {
    announce(system);
    const isGood = !options.demo || (await demonstrate(system, say));
    say(`${isGood ? 'ready' : 'failed'} after ${((Date.now() - startedAt) / 1000).toFixed(1)} s`);
    if (options.once) return isGood ? 0 : 1;
    say(`The BM-SC stays up until Ctrl-C. Logs: ${system.logFolder}`);
    await new Promise<void>((resolve) => {
      process.once('SIGINT', resolve);
      process.once('SIGTERM', resolve);
    });
    return 0;
  } finally {
    await system.close();
  }
}

function announce({
  keyManagementUrl,
  endpointUrl,
  stackName,
  udpPort,
  nafFqdn,
  outputs,
}: LocalSystem): void {
  if (options.json) {
    say(JSON.stringify({ keyManagementUrl, endpointUrl, stackName, udpPort, nafFqdn, ...outputs }));
    return;
  }
  say(`key management URI  ${keyManagementUrl}`);
  say(`AWS endpoint        ${endpointUrl}  (stack ${stackName})`);
  say(`sender              udp 127.0.0.1:${udpPort}`);
}

try {
  process.exitCode = await run();
} catch (error) {
  const hint =
    error instanceof PortTakenError ? ': choose others with --port, --endpoint-port and --udp-port' : '';
  process.stderr.write(`npm start: ${error instanceof Error ? error.message : String(error)}${hint}\n`);
  process.exitCode = 1;
}
process.exit();
