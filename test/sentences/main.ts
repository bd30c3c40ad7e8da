import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sentencesPage } from './page.ts';
import { tagsInRepository } from './tags.ts';

writeFileSync(
  join(import.meta.dirname, '../../docs/normative-sentences.md'),
  sentencesPage(tagsInRepository()),
);
