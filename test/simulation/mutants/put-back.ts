import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Change, KNOWN_BUGS } from './known-bugs.ts';

/** Imported before a simulation: the bug that the environment names is in the code that is loaded then. */
const bug = KNOWN_BUGS.find(({ name }) => name === process.env.BMSC_KNOWN_BUG);
if (bug === undefined) throw new Error('BMSC_KNOWN_BUG names no known bug');
const changes: readonly Change[] = [bug, ...(bug.also ?? [])];
const pathOf = ({ file }: Change) => join(import.meta.dirname, '../../..', file);
for (const change of changes)
  if (readFileSync(pathOf(change), 'utf8').split(change.correct).length !== 2)
    throw new Error(`${bug.name}: ${change.file} does not have the text exactly once`);

registerHooks({
  load: (url, context, next) => {
    const loaded = next(url, context);
    const ofFile = url.startsWith('file:')
      ? changes.filter((change) => fileURLToPath(url) === pathOf(change))
      : [];
    if (ofFile.length === 0) return loaded;
    let source = String(loaded.source);
    for (const { correct, wrong } of ofFile) source = source.replace(correct, () => wrong);
    return { ...loaded, source };
  },
});
