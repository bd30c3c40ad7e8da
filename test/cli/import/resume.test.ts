import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type DeployedBmsc, findBmsc } from '../../../cli/stack.ts';
import { parseImpi } from '../../../lib/gba/impi.ts';
import { loadSubscribers } from '../../../lib/store/registration/subscriber.ts';
import type { LocalSystem } from '../../../local/system.ts';
import { startTestSystem } from '../../local-system.ts';
import { bmsc, ROOT } from '../run.ts';

// The command in a process of its own, which is killed, interrupted, and run again.

const NEWS = 'urn:example:news';
const ROWS = 1200;
const folder = mkdtempSync(join(tmpdir(), 'bmsc-resume-'));
let system: LocalSystem;
let deployed: DeployedBmsc;
beforeAll(async () => {
  system = await startTestSystem();
  deployed = await findBmsc({ endpointUrl: system.endpointUrl, local: true });
  const args = ['provision', 'service', NEWS, '--key-group', '001-01/0001'];
  expect((await bmsc(...args, '--endpoint-url', system.endpointUrl)).code).toBe(0);
}, 60_000);
afterAll(async () => {
  await system?.close();
  rmSync(folder, { recursive: true });
});

const nameOf = (prefix: string, index: number) => `${prefix}${index}@home1.net`;

/** A file with this many subscribers, one of them wrong. */
function fileOf(prefix: string): string {
  const rows = Array.from({ length: ROWS }, (_, index) => `${nameOf(prefix, index)},${NEWS}`);
  rows[5] = `nobody,${NEWS}`;
  const file = join(folder, `${prefix}.csv`);
  writeFileSync(file, `impi,services\n${rows.join('\n')}\n`);
  return file;
}

/** How many subscribers of a file have their subscription. */
async function importedOf(prefix: string): Promise<number> {
  let count = 0;
  for (let start = 0; start < ROWS; start += 100) {
    const impis = Array.from({ length: 100 }, (_, index) => parseImpi(nameOf(prefix, start + index)));
    const found = await loadSubscribers(deployed.store, impis);
    count += [...found.values()].filter(({ subscribed }) => subscribed.has(NEWS)).length;
  }
  return count;
}

const stateOf = (file: string) => `${file}.import-state`;
/** Up to which line the state says that rows are done; 0: there is none. */
const lineOf = (file: string): number =>
  existsSync(stateOf(file)) ? JSON.parse(readFileSync(stateOf(file), 'utf8')).line : 0;
const argsOf = (file: string) => [
  'import',
  'subscribers',
  file,
  '--endpoint-url',
  system.endpointUrl,
  '--concurrency',
  '4',
  '--json',
];

/** Runs the import until its state is there, and sends the signal. */
async function stoppedBy(signal: 'SIGKILL' | 'SIGINT', file: string) {
  const args = [join(ROOT, 'cli/bmsc.ts'), ...argsOf(file), '--rejected', `${file}.rejected`];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const ended = once(child, 'close');
  await expect.poll(() => lineOf(file), { timeout: 20_000, interval: 5 }).toBeGreaterThan(100);
  child.kill(signal);
  const [code] = await ended;
  return { code, stdout, stderr };
}

test('an import that is killed goes on after the rows that were done', async () => {
  const file = fileOf('killed');
  await stoppedBy('SIGKILL', file);
  const line = lineOf(file);
  expect(line).toBeLessThan(ROWS);
  expect(await importedOf('killed')).toBeGreaterThanOrEqual(line - 2);

  const { code, stdout } = await bmsc(...argsOf(file), '--rejected', `${file}.rejected`);
  const result = JSON.parse(stdout);
  expect(result).toMatchObject({ resumedAfter: line, rows: ROWS + 1 - line, rejected: 1, isComplete: true });
  expect(code).toBe(3);
  expect(await importedOf('killed')).toBe(ROWS - 1);
  expect(existsSync(stateOf(file))).toBe(false);
  expect(readFileSync(`${file}.rejected`, 'utf8')).toMatch(/^line,reason,impi,services\n7,.*,nobody,.*\n$/);
});

test('an import that is interrupted ends what it has begun, and says how to go on', async () => {
  const file = fileOf('interrupted');
  const { code, stdout, stderr } = await stoppedBy('SIGINT', file);
  expect(code).toBe(3);
  expect(JSON.parse(stdout)).toMatchObject({ isComplete: false });
  expect(JSON.parse(stderr)).toMatchObject({ error: { message: expect.stringContaining('run it again') } });
  expect(await importedOf('interrupted')).toBe(lineOf(file) - 2);

  // Another file under the same name is another import.
  writeFileSync(file, readFileSync(file, 'utf8').replace('nobody', 'somebody@home1.net'));
  const again = await bmsc(...argsOf(file));
  expect(again).toMatchObject({ code: 0, stderr: '' });
  expect(JSON.parse(again.stdout)).toMatchObject({ resumedAfter: 0, imported: ROWS });
});
