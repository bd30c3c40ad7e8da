import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { drawPicture, PICTURE, SOURCE } from '../../docs/architecture/draw.ts';

const ROOT = join(import.meta.dirname, '../..');
const FOLDERS = ['docs', 'schemas', 'lib', 'functions', 'local', 'cli', 'cdk', 'test', 'vectors'];
const DOCUMENTS = [
  ...readdirSync(ROOT),
  ...FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file)),
  ),
].filter((file) => file.endsWith('.md') && !file.includes('node_modules'));

test('the picture of the README is drawn from its source', async () => {
  expect(readFileSync(PICTURE, 'utf8')).toBe(await drawPicture(readFileSync(SOURCE, 'utf8')));
});

describe.each(DOCUMENTS)('%s', (document) => {
  const text = readFileSync(join(ROOT, document), 'utf8');

  test('links to files that exist', () => {
    const targets = [...text.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)].map(([, target = '']) => target);
    const files = targets.filter((target) => !/^[a-z]+:/.test(target));
    expect(files.filter((file) => !existsSync(join(ROOT, dirname(document), file)))).toEqual([]);
  });

  test('names files and folders of this repository that exist', () => {
    // The changelog tells of files as they were.
    if (document === 'CHANGELOG.md') return;
    const named = [
      ...text.matchAll(/(?<![\w./-])(?:lib|functions|cdk|cli|local|schemas|test)\/[\w./-]*\w/g),
    ].map(([path]) => path);
    expect(named.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });
});
