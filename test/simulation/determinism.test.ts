import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const run = promisify(execFile);

async function hashOf(seed: number): Promise<string> {
  const program = join(import.meta.dirname, 'main.ts');
  const { stdout } = await run(process.execPath, [program, '--seed', String(seed), '--ues', '8', '--json']);
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '').hash;
}

test('a seed run twice gives the same trace to the octet, and another seed another one', async () => {
  const [one, again, other] = await Promise.all([hashOf(2), hashOf(2), hashOf(9)]);
  expect(one).toMatch(/^[0-9a-f]{64}$/);
  expect(again).toBe(one);
  expect(other).not.toBe(one);
}, 120_000);
