import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { sentencesPage, tagsOf } from './page.ts';
import { SENTENCES } from './sentences.ts';
import { tagsIn, tagsInRepository } from './tags.ts';

const TAGS = tagsInRepository();
const PAGE = join(import.meta.dirname, '../../docs/normative-sentences.md');

test('every normative sentence has a test', () => {
  const untested = SENTENCES.filter((sentence) => !tagsOf(sentence, TAGS).some(({ isTest }) => isTest));
  expect(untested.map(({ clause, number }) => `${clause} s${number}`)).toEqual([]);
});

test('every tag names a sentence', () => {
  const known = new Set(SENTENCES.map(({ clause, number }) => `${clause} s${number}`));
  expect(TAGS.filter(({ clause, number }) => !known.has(`${clause} s${number}`))).toEqual([]);
});

test('a tag names several sentences of its clause', () => {
  const text = `// ${'@clause'} TS 33.246 §G.2.3 s1, s12`;
  expect(tagsIn(text, 'lib/a.ts').map(({ number, isTest }) => [number, isTest])).toEqual([
    [1, false],
    [12, false],
  ]);
});

test('the page is that of the tags: npm run sentences', () => {
  expect(readFileSync(PAGE, 'utf8')).toBe(sentencesPage(TAGS));
});
