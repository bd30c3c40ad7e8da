import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT, start } from './run.ts';

/** Makes this Node one that can't run TypeScript, as Node 20 is. */
const OLD = '--no-experimental-strip-types';
const ENTRIES = [
  ['bmsc', 'cli/bmsc.js', 'npm run bmsc -- …'],
  ['smoke', 'cli/smoke/smoke.js', 'npm run smoke -- …'],
  ['npm start', 'local/start.js', 'npm start'],
] as const;
const hasPinnedNode = existsSync(join(ROOT, 'node_modules/.bin/node'));

test.concurrent.each(ENTRIES)(
  '%s on a Node that can not run it, without another, is one line that says what to do',
  async (_, entry, remedy) => {
    const folder = mkdtempSync(join(tmpdir(), 'bmsc-node-test-'));
    try {
      writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
      for (const file of new Set([entry, 'cli/launch.js'])) {
        mkdirSync(join(folder, file, '..'), { recursive: true });
        copyFileSync(join(ROOT, file), join(folder, file));
      }
      const program = start(process.execPath, [OLD, join(folder, entry), '--help']);
      const { code, stdout, stderr } = await program.finished;
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toMatch(/^Node \d+\.\d+\.\d+ can't run this program: .*\n$/);
      expect(stderr).toContain(`use Node 24, or run npm ci, which installs it, and then ${remedy}\n`);
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);

test.runIf(hasPinnedNode).concurrent.each(ENTRIES)(
  '%s on a Node that can not run it runs on the one that npm ci has installed',
  async (_, entry) => {
    const program = start(process.execPath, [OLD, join(ROOT, entry), '--help']);
    expect(await program.finished).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^Usage: /),
      stderr: '',
    });
  },
);

test.runIf(hasPinnedNode)('the command ends with the exit code and the errors of that run', async () => {
  const program = start(process.execPath, [OLD, join(ROOT, 'cli/bmsc.js'), 'nonsense']);
  expect(await program.finished).toEqual({
    code: 2,
    stdout: '',
    stderr: "error: unknown command 'nonsense'\n",
  });
});
