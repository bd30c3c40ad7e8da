import { SENTENCES, type Sentence, UNREAD } from './sentences.ts';
import type { Tag } from './tags.ts';

/** The tags of a sentence. */
export function tagsOf({ clause, number }: Sentence, tags: readonly Tag[]): Tag[] {
  return tags.filter((tag) => tag.clause === clause && tag.number === number);
}

/** Whether the text of a sentence was read, in the standard or in a text that restates it. */
function isRead({ certainty }: Sentence): boolean {
  return certainty === 'V' || certainty === 'V2';
}

/** The table as a page. */
export function sentencesPage(tags: readonly Tag[]): string {
  const shown = SENTENCES.filter((sentence) => tagsOf(sentence, tags).some(({ isTest }) => isTest));
  const read = shown.filter(isRead).length;
  const clauses = [...new Set(SENTENCES.map(({ clause }) => clause))];
  return `${[
    '# Every normative sentence',
    '',
    'Written by `npm run sentences` from tags in code and tests (`@clause TS 33.246 §… sN`, `@clause RFC 3830 §… sN`).',
    'Sentences are counted within their clause and said in our words. A check fails when one has no test.',
    '',
    `**${shown.length} of ${SENTENCES.length} sentences of ${clauses.length} clauses are shown by a test**: ${read} whose text was read (🟢), and`,
    `${shown.length - read} that are derived or remembered (⚪): [how to settle them](unverified.md). Of TS 33.246 three clauses were read`,
    'whole, and every sentence of theirs is here; of other clauses, what this product rests on.',
    '',
    'V: read in the standard. V2: in a text that restates it. D: derived. M: from memory.',
    ...clauses.flatMap((clause) => [
      '',
      `## ${clause}`,
      '',
      '| | what it asks | mark | code | test |',
      '|---|---|---|---|---|',
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
  const shown = isRead(sentence) ? '🟢' : '⚪';
  const cells = [
    `${tests.length > 0 ? shown : '🔴'} s${sentence.number}`,
    sentence.asked.replaceAll('|', '\\|'),
    sentence.certainty,
    filesOf(own.filter(({ isTest }) => !isTest)),
    filesOf(tests),
  ];
  return `| ${cells.join(' | ')} |`;
}

function filesOf(tags: readonly Tag[]): string {
  return [...new Set(tags.map(({ file }) => file))].sort().join('<br>') || '–';
}
