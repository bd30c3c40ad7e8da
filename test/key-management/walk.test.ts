import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const ROOM = join(import.meta.dirname, '../../lib/key-management');
const README = readFileSync(join(ROOM, 'README.md'), 'utf8');

/** The rows `| number | [file](path) | functions | … |` of the walk. */
const STEPS = [...README.matchAll(/^\| \d+ +\| \[[^\]]*\]\(([^)]*)\) *\| ([^|]*)\|/gm)].map(
  ([, path = '', functions = '']) => ({
    path,
    names: [...functions.matchAll(/`(\w+)`/g)].map(([, name = '']) => name),
  }),
);

test('the walk through the Key Request function has at most ten files', () => {
  expect(STEPS.length).toBeGreaterThan(5);
  expect(STEPS.length).toBeLessThanOrEqual(10);
});

test.each(STEPS)('the walk finds $names in $path', ({ path, names }) => {
  const text = readFileSync(join(ROOM, path), 'utf8');
  expect(names).not.toEqual([]);
  for (const name of names) expect(text).toMatch(new RegExp(`\\b(function|const) ${name}\\b`));
});
