import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

/** Of orders that have ended a sender keeps nothing: with all of them it held 40,000 octets more a push. */
test('a sender without work holds little, and hardly more after 60 pushes than after 20', async () => {
  const program = join(import.meta.dirname, '../main.ts');
  const args = [program, '--memory', '--first', '1', '--seeds', '0', '--pushes', '60'];
  const { stdout } = await promisify(execFile)(process.execPath, args).catch(
    (error: { stdout: string }) => error,
  );
  const { findings, lives } = JSON.parse(stdout);
  expect(findings).toEqual([]);
  expect(lives.map(({ pushes }: { pushes: number }) => pushes)).toEqual([20, 60]);
}, 120_000);
