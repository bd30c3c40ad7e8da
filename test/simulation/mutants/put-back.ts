import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { KNOWN_BUGS } from './known-bugs.ts';

/** Imported before a simulation: the bug that the environment names is in the code that is loaded then. */
const bug = KNOWN_BUGS.find(({ name }) => name === process.env.BMSC_KNOWN_BUG);
if (bug === undefined) throw new Error('BMSC_KNOWN_BUG names no known bug');
const path = join(import.meta.dirname, '../../..', bug.file);
if (readFileSync(path, 'utf8').split(bug.correct).length !== 2)
  throw new Error(`${bug.name}: ${bug.file} does not have the text exactly once`);

registerHooks({
  load: (url, context, next) => {
    const loaded = next(url, context);
    if (!url.startsWith('file:') || fileURLToPath(url) !== path) return loaded;
    return { ...loaded, source: String(loaded.source).replace(bug.correct, () => bug.wrong) };
  },
});
