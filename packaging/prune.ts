import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { filesOf } from './compile.ts';
import { specifiersIn } from './specifiers.ts';

/**
 * Removes from `tree` what nobody can reach: the compiler emits also what a file imports as a type alone. A
 * library keeps its declarations and source maps, and a command has JavaScript alone.
 * @param commands JavaScript files that are run
 * @param libraries files that are imported, without their extension
 */
export function prune(tree: string, commands: readonly string[], libraries: readonly string[]): void {
  const code = reachable(
    tree,
    libraries.map((file) => `${file}.js`),
  );
  const types = reachable(
    tree,
    libraries.map((file) => `${file}.d.ts`),
  );
  const run = reachable(tree, commands);
  for (const file of filesOf(tree, '.js')) if (!code.has(file) && !run.has(file)) rmSync(join(tree, file));
  for (const file of filesOf(tree, '.d.ts')) if (!types.has(file)) rmSync(join(tree, file));
  for (const file of filesOf(tree, '.js.map'))
    if (!code.has(file.replace(/\.map$/, ''))) rmSync(join(tree, file));
  for (const file of run) if (!code.has(file)) forgetMap(join(tree, file));
}

/** The files that are there and that these files import, and so on; of the same kind as they are. */
function reachable(tree: string, from: readonly string[]): ReadonlySet<string> {
  const seen = new Set<string>();
  const waiting = [...from];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (seen.has(file) || !existsSync(join(tree, file))) continue;
    seen.add(file);
    const isTypes = file.endsWith('.d.ts');
    for (const specifier of specifiersIn(readFileSync(join(tree, file), 'utf8'))) {
      if (!specifier.startsWith('.')) continue;
      const path = normalize(join(dirname(file), specifier));
      waiting.push(isTypes ? path.replace(/\.js$/, '.d.ts') : path);
    }
  }
  return seen;
}

function forgetMap(file: string): void {
  writeFileSync(file, readFileSync(file, 'utf8').replace(/\n\/\/# sourceMappingURL=.*\n?$/, '\n'));
}
