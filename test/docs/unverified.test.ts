import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');
const rowsOf = (text: string) =>
  text
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('| open |'))
    .map((line) => line.slice(2, -2).split(' | '));
const FILE = /(?:lib|functions|local|cli)\/[\w./-]*\w/g;
const filesIn = (text = '') => [...text.matchAll(FILE)].map(([file]) => file);

const PAGE = read('docs/unverified.md');
const OPEN = rowsOf(PAGE);
const SETTLED_IN = new Set(OPEN.flatMap(([, , where]) => filesIn(where)));

/** Folders whose comments may have marks. */
const FOLDERS = ['lib', 'functions', 'local', 'cli'];

test('each open mark has a clause, a question, a place and what changes otherwise', () => {
  for (const row of OPEN) {
    expect(row).toHaveLength(4);
    const [clause = '', question = '', where = '', otherwise = ''] = row;
    expect(clause).toMatch(/^(TS|RFC) [\d.]+ (§|annex)/);
    expect([question, where, otherwise].every((cell) => cell.trim().length > 3)).toBe(true);
    expect(filesIn(where).filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
  }
});

test('every row of conformance.md that is from memory stands on the page', () => {
  const remembered = rowsOf(read('docs/conformance.md')).filter((row) => /M-(hi|lo)/.test(row.at(-2) ?? ''));
  expect(remembered.length).toBeGreaterThan(20);
  const isOpen = (row: readonly string[]) =>
    filesIn(row.at(-1)).some((file) => SETTLED_IN.has(file)) || PAGE.includes(row[0]?.trim() ?? '');
  expect(remembered.filter((row) => !isOpen(row)).map(([what]) => what)).toEqual([]);
});

test('every file with a mark in its comments stands on the page', () => {
  const files = FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((file) => `${folder}/${file}`),
  ).filter((file) => file.endsWith('.ts'));
  const marked = files.filter((file) => /\[M-(hi|lo)\]/.test(read(file)));
  expect(marked.length).toBeGreaterThan(0);
  expect(marked.filter((file) => !SETTLED_IN.has(file))).toEqual([]);
});

test('the form of issues asks for what settles a mark, and the page names it', () => {
  const form = read('.github/ISSUE_TEMPLATE/clause.yml');
  const [, name = ''] = /^name: (.*)$/m.exec(form) ?? [];
  expect(PAGE).toContain(`"${name}"`);
  for (const id of ['clause', 'says', 'agrees', 'octets']) expect(form).toContain(`id: ${id}`);
  expect(form).toContain('docs/unverified.md');
});
