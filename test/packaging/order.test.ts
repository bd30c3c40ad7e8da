import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { orderByPath } from '../../packaging/order.ts';

let folder: string;
let tarball: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bmsc-order-'));
  tarball = join(folder, 'package.tgz');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** 20 kB in which nothing repeats. */
const noise = (seed: number) =>
  Array.from({ length: 2500 }, (_, index) => Math.imul(index + 1, 2654435761 + seed * 97).toString(36)).join(
    '',
  );

/** Makes a tarball of files in this order, the first of which can be run. */
function tar(files: Readonly<Record<string, string>>): void {
  for (const [index, [name, text]] of Object.entries(files).entries()) {
    mkdirSync(join(folder, 'package', name, '..'), { recursive: true });
    writeFileSync(join(folder, 'package', name), text, { mode: index === 0 ? 0o755 : 0o644 });
  }
  const names = Object.keys(files).map((name) => `package/${name}`);
  execFileSync('tar', ['-czf', tarball, '-C', folder, ...names]);
}

/** As `tar` lists what it reads: modes, sizes, names. */
function list(): string[] {
  const listed = execFileSync('tar', ['-tvzf', tarball], { encoding: 'utf8' }).trim().split('\n');
  return listed.map((line) => line.replace(/ +/g, ' '));
}

test('files are ordered by their paths, and stay what they were', async () => {
  tar({ 'z/command.js': 'run', 'a.js.map': '{}', [`deep/${'long-'.repeat(20)}/a.ts`]: 'long', 'a.js': 'a' });
  const before = list();
  await orderByPath(tarball);
  const after = list();
  expect([...after].sort()).toEqual([...before].sort());
  const names = after.map((line) => line.replace(/^.*package\//, ''));
  expect(names).toEqual(['a.js', 'a.js.map', `deep/${'long-'.repeat(20)}/a.ts`, 'z/command.js']);
  expect(after.at(-1)).toMatch(/^-rwxr-xr-x/);
});

test('what repeats in a neighbour is stored once', async () => {
  tar({ 'a.js': noise(1), 'b.js': noise(2), 'c.js': noise(3), 'a.js.map': noise(1), 'b.js.map': noise(2) });
  const { size } = statSync(tarball);
  await orderByPath(tarball);
  expect(statSync(tarball).size).toBeLessThan(size * 0.7);
});
