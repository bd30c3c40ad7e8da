import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const run = promisify(execFile);

/** Of a run with few UEs; `flags` are those of Node. */
async function hashOf(seed: number, flags: readonly string[] = []): Promise<string> {
  const program = join(import.meta.dirname, 'main.ts');
  const args = [...flags, program, '--seed', String(seed), '--ues', '8', '--json'];
  const { stdout } = await run(process.execPath, args);
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '').hash;
}

/** V8 collects and compiles at other times. */
const OTHER_V8 = ['--max-semi-space-size=1', '--no-opt'];

test('a seed run twice gives the same trace to the octet, and another seed another one', async () => {
  const [one, again, other] = await Promise.all([hashOf(2), hashOf(2, OTHER_V8), hashOf(9)]);
  expect(one).toMatch(/^[0-9a-f]{64}$/);
  expect(again).toBe(one);
  expect(other).not.toBe(one);
}, 120_000);
