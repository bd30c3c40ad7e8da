import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const run = promisify(execFile);

async function reportOf(...args: string[]) {
  const program = join(import.meta.dirname, '../main.ts');
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
