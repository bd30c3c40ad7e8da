import { SENTENCES, type Sentence, UNREAD } from './sentences.ts';
import type { Tag } from './tags.ts';

/** The tags of a sentence. */
export function tagsOf({ clause, number }: Sentence, tags: readonly Tag[]): Tag[] {
  return tags.filter((tag) => tag.clause === clause && tag.number === number);
}

/** The table as a page. */
export function sentencesPage(tags: readonly Tag[]): string {
  const shown = SENTENCES.filter((sentence) => tagsOf(sentence, tags).some(({ isTest }) => isTest));
  const clauses = [...new Set(SENTENCES.map(({ clause }) => clause))];
  return `${[
    '# Every normative sentence',
    '',
    'Written by `npm run sentences` from tags in code and tests (`@clause TS 33.246 §… sN`). Sentences are counted within',
    'their clause and said in our words. A check fails when one has no test.',
    '',
    `**${shown.length} of ${SENTENCES.length} sentences are shown by a test.** All were read in the standard (V).`,
    ...clauses.flatMap((clause) => [
      '',
      `## ${clause}`,
      '',
      '| | what it asks | code | test |',
      '|---|---|---|---|',
      ...SENTENCES.filter((sentence) => sentence.clause === clause).map((sentence) => rowOf(sentence, tags)),
    ]),
    '',
    '## Not read',
    '',
    'The text of these was not at hand. [conformance.md](conformance.md) has what stands in for each, with its mark.',
    '',
    ...UNREAD.map((clause) => `- ⚪ ${clause}`),
  ].join('\n')}\n`;
}

function rowOf(sentence: Sentence, tags: readonly Tag[]): string {
  const own = tagsOf(sentence, tags);
  const tests = own.filter(({ isTest }) => isTest);
  const mark = tests.length > 0 ? '🟢' : '🔴';
  return `| ${mark} s${sentence.number} | ${sentence.asked} | ${filesOf(own.filter(({ isTest }) => !isTest))} | ${filesOf(tests)} |`;
}

function filesOf(tags: readonly Tag[]): string {
  return [...new Set(tags.map(({ file }) => file))].sort().join('<br>') || '–';
}
