import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { ENTRIES } from './entries.ts';
import { ROOT } from './root.ts';
import { shortenMap } from './source-maps.ts';

/** The folders of the libraries that users import. */
const LIBRARIES = Object.values(ENTRIES)
  .filter((file) => file.startsWith('lib/'))
  .map((file) => `${dirname(file)}/`);

const TSC = join(ROOT, 'node_modules/typescript/bin/tsc');

/**
 * Compiles what the package has into `tree`, in the folders of the repository: the commands as JavaScript,
 * and the libraries with declarations and source maps besides.
 * @throws Error with what the compiler says
 */
export async function compile(tree: string): Promise<void> {
  for (const part of ['commands', 'library']) {
    const project = join(ROOT, `packaging/tsconfig.${part}.json`);
    const args = [TSC, '--project', project, '--outDir', tree];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    if (status !== 0) throw new Error(`tsc does not compile the ${part}:\n${stdout}${stderr}`);
  }
  await dropComments(tree);
  // Maps of the libraries that users import hold the source; all others give its lines alone.
  for (const file of filesOf(tree, '.js.map'))
    shortenMap(
      join(tree, file),
      LIBRARIES.some((folder) => file.startsWith(folder)),
    );
  for (const file of filesOf(tree, '.d.ts')) nameCompiled(join(tree, file));
}

/** The files below a folder whose names end so, as paths from there. */
export function filesOf(folder: string, end: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith(end));
}

/** Comments stay in declarations and source maps, where editors and debuggers read them. */
async function dropComments(tree: string): Promise<void> {
  const entryPoints = filesOf(tree, '.js').map((file) => join(tree, file));
  const paths = { entryPoints, outbase: tree, outdir: tree, allowOverwrite: true };
  await build({ ...paths, ...AS_COMPILED, sourcemap: 'linked' });
}

/** How esbuild writes again what the compiler wrote. */
const AS_COMPILED = { format: 'esm', target: 'node20', charset: 'utf8', logLevel: 'error' } as const;

/**
 * Takes blanks out of what has no source map, the command line: 15 kB of the package. To be called when
 * nothing reads imports any more.
 */
export async function dropBlanks(tree: string): Promise<void> {
  const compiled = ['cli', 'functions', 'lib'].flatMap((folder) =>
    filesOf(join(tree, folder), '.js').map((file) => join(tree, folder, file)),
  );
  const paths = {
    entryPoints: compiled.filter((file) => !existsSync(`${file}.map`)),
    outbase: tree,
    outdir: tree,
  };
  await build({ ...paths, allowOverwrite: true, ...AS_COMPILED, minifyWhitespace: true });
}

/** What a declaration exports again has the name of its source, where the compiler leaves it. */
function nameCompiled(file: string): void {
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, text.replace(/\bfrom '(\.[^'\n]+)\.ts';/g, "from '$1.js';"));
}
