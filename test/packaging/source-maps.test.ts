import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { transformSync } from 'esbuild';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { shortenMap } from '../../packaging/source-maps.ts';

const SOURCE = `/** Why. */
export function sum(one: number, other: number): number {
  // Nothing of this line is left.
  const both = [one,
    other];
  return both.reduce((a, b) => a + b, 0);
}
`;

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bmsc-maps-'));
  file = join(folder, 'sum.js.map');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Compiles the source, shortens its map. @returns the compiled text, and what both maps say */
function shortened(keepsSource: boolean) {
  const { code, map } = transformSync(SOURCE, {
    loader: 'ts',
    sourcemap: 'external',
    sourcefile: '/x/sum.ts',
  });
  writeFileSync(file, map);
  shortenMap(file, keepsSource);
  return { code, long: JSON.parse(map), short: JSON.parse(readFileSync(file, 'utf8')) };
}

test('each place of the compiled text keeps the line of its source', () => {
  const { code, long, short } = shortened(true);
  const [before, after] = [new SourceMap(long), new SourceMap(short)];
  let places = 0;
  for (const [line, text] of code.split('\n').entries())
    for (let column = 0; column < text.length; column += 1) {
      const entry = before.findEntry(line, column);
      if (!('originalLine' in entry)) continue;
      places += 1;
      expect(after.findEntry(line, column)).toMatchObject({ originalLine: entry.originalLine });
    }
  expect(places).toBeGreaterThan(100);
  expect(short.mappings.length).toBeLessThan(long.mappings.length / 2);
});

test('it names its source beside itself, and holds it where users read it', () => {
  expect(shortened(true).short).toMatchObject({ sources: ['sum.ts'], sourcesContent: [SOURCE] });
  expect(shortened(false).short).not.toHaveProperty('sourcesContent');
});
