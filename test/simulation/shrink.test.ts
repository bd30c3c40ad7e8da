import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { kindOf } from './shrink.ts';

const run = promisify(execFile);

test('findings are of one kind that differ by IDs, UEs and numbers', () => {
  const finding = (push: string, ue: string) =>
    `${ue} was due 00100001 by push ${push}, which does not name it`;
  expect(kindOf(finding('0b1d7a0c-f2ff-4a0e-9be1-83cf8e0ad5a0', 'ue-3'))).toBe(
    kindOf(finding('fade1dea-feed-4bad-8ace-c0ffee123456', 'ue-41')),
  );
  expect(kindOf('outcome of a chain was changed')).not.toBe(kindOf('end of a chain was changed'));
});

/** A known bug that shows in each push: of the seed nothing else is needed. */
test('a failing seed is cut down to what it needs', async () => {
  const program = join(import.meta.dirname, 'main.ts');
  const putBack = join(import.meta.dirname, 'mutants/put-back.ts');
  const args = ['--import', putBack, program, '--seed', '1', '--shrink', '--json'];
  const env = { ...process.env, BMSC_KNOWN_BUG: 'two-services' };
  const { stdout } = await run(process.execPath, args, { env }).catch((error: { stdout: string }) => error);
  const [{ findings, replay }] = JSON.parse(stdout.trim().split('\n').at(-1) ?? '').failures;
  expect(findings[0]).toContain('without faults');
  const options = new Map<string, string>();
  for (const [, name = '', value = ''] of String(replay).matchAll(/--([a-z-]+) ([^ ]+)/g))
    options.set(name, value);
  expect(Number(options.get('ues'))).toBeLessThanOrEqual(4);
  for (const what of ['drills', 'acts', 'faults']) expect(options.get(`without-${what}`)).toBe('all');
}, 600_000);
