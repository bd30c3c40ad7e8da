// Writes docs/first-hour.md from an hour that it goes through: `npm run first-hour`.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { startLocalSystem } from '../../local/system.ts';
import { writtenHour } from './transcript.ts';

const { subscribers, output, port, endpointPort } = new Command('npm run first-hour --')
  .description("go through an operator's first hour on a local system, and write what it prints")
  .option('--subscribers <n>', 'subscribers that are imported', Number, 100_000)
  .option('--output <file>', 'where it is written', join(import.meta.dirname, '../first-hour.md'))
  .option('--port <port>', 'HTTP port of the key management URI', Number, 8080)
  .option('--endpoint-port <port>', 'HTTP port that stands in for AWS', Number, 4566)
  .parse()
  .opts<{ subscribers: number; output: string; port: number; endpointPort: number }>();

const ports = { http: port, endpoint: endpointPort, udp: 0 };
const system = await startLocalSystem(ports, (what) => void process.stderr.write(`… ${what}\n`));
try {
  writeFileSync(output, await writtenHour(system, subscribers));
} finally {
  await system.close();
}
