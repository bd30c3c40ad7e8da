import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');
const FOLDERS = ['lib', 'cli', 'functions', 'local', 'test'];
const TAG = /@clause ((?:TS|RFC) [\d.]+ (?:§|annex )[\w.]+) ((?:s\d+[ ,]*)+)/g;

/** Where a sentence is tagged: `@clause TS 33.246 §6.3.2.2.1 s3, s9` in a comment. */
export interface Tag {
  readonly clause: string;
  readonly number: number;
  readonly file: string;
  /** A requirement of the conformance suite shows as a test does: a wrong BM-SC or UE breaks each. */
  readonly isTest: boolean;
}

/** All tags of the repository. */
export function tagsInRepository(): Tag[] {
  const files = FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((file) => `${folder}/${file}`),
  ).filter((file) => file.endsWith('.ts') && !file.startsWith('test/sentences/'));
  return files.flatMap((file) => tagsIn(readFileSync(join(ROOT, file), 'utf8'), file));
}

/** The tags of one file. */
export function tagsIn(text: string, file: string): Tag[] {
  const isTest = file.startsWith('test/') || file.startsWith('cli/conformance/');
  return [...text.matchAll(TAG)].flatMap(([, clause = '', numbers = '']) =>
    [...numbers.matchAll(/s(\d+)/g)].map(([, number]) => ({ clause, number: Number(number), file, isTest })),
  );
}
