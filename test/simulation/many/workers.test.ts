import { execFile, spawn } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const run = promisify(execFile);
const program = join(import.meta.dirname, '../main.ts');

async function reportOf(...args: string[]) {
  const { stdout } = await run(process.execPath, [program, '--first', '9', '--hashes', '--json', ...args]);
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
}

test('two processes find of the same seeds what one does', async () => {
  const [one, two] = await Promise.all([
    reportOf('--seeds', '2'),
    reportOf('--seeds', '2', '--workers', '2'),
  ]);
  expect(Object.keys(one.hashes)).toEqual(['9', '10']);
  expect(two.hashes).toEqual(one.hashes);
  expect([two.seeds, two.pushes, two.failures]).toEqual([2, one.pushes, []]);
}, 240_000);

test('no seed is begun when those before had the pushes that were asked for', async () => {
  const { seeds, pushes } = await reportOf('--pushes', '1');
  expect(seeds).toBe(1);
  expect(pushes).toBeGreaterThan(1);
}, 120_000);

test('a run that is interrupted reports the seeds that it has run, and where another goes on', async () => {
  // With each line of the trace, so that it is known when the first seed is done.
  const options = ['--first', '9', '--seeds', '50', '--trace', '--json'];
  const child = spawn(process.execPath, [program, ...options], { stdio: ['ignore', 'pipe', 'inherit'] });
  const printed: Buffer[] = [];
  for await (const part of child.stdout) {
    if (printed.length === 0) child.kill('SIGINT');
    printed.push(part);
  }
  const { first, next, seeds, ok } = JSON.parse(
    Buffer.concat(printed).toString().trim().split('\n').at(-1) ?? '',
  );
  expect(ok).toBe(true);
  expect([first, next]).toEqual([9, 9 + seeds]);
  expect(seeds).toBeLessThan(5);
}, 120_000);
