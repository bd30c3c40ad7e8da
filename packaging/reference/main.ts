import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { compile } from '../compile.ts';
import { ENTRIES } from '../entries.ts';
import { ROOT } from '../root.ts';
import { installTool } from '../tools/install.ts';

const { destination } = new Command('npm run reference --')
  .description('make the API reference of the package from the docstrings, as pages of HTML')
  .option('--destination <folder>', 'where the pages go', '.local/reference')
  .parse()
  .opts<{ destination: string }>();

const typedoc = join(installTool('typedoc'), 'typedoc/bin/typedoc');
mkdirSync(join(ROOT, '.local'), { recursive: true });
// In the repository, whose packages the declarations import.
const tree = mkdtempSync(join(ROOT, '.local/declarations-'));
try {
  await compile(tree);
  writeReference(tree, resolve(destination));
} finally {
  rmSync(tree, { recursive: true, force: true });
}
process.stdout.write(`${join(resolve(destination), 'index.html')}\n`);

/** A module of the reference has the name by which users import it. */
function writeReference(tree: string, out: string): void {
  const names = Object.keys(ENTRIES).map((path) => path.slice('./'.length));
  for (const name of names)
    writeFileSync(join(tree, `${name}.d.ts`), `export * from './${ENTRIES[`./${name}`]}.js';\n`);
  const compilerOptions = {
    target: 'ES2023',
    module: 'NodeNext',
    strict: true,
    types: ['node'],
    skipLibCheck: true,
  };
  const files = names.map((name) => `${name}.d.ts`);
  writeFileSync(join(tree, 'package.json'), JSON.stringify({ type: 'module' }));
  writeFileSync(join(tree, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
  const options = [
    '--name',
    'bmsc-key-management',
    '--readme',
    join(ROOT, 'packaging/README.md'),
    '--out',
    out,
  ];
  const quiet = ['--excludeExternals', '--disableSources', '--logLevel', 'Error'];
  run(
    process.execPath,
    [typedoc, ...options, ...quiet, ...files.flatMap((file) => ['--entryPoints', file])],
    tree,
  );
}

/** @throws Error unless the program ends well */
function run(program: string, args: readonly string[], cwd: string): void {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args[0]} failed: ${stdout}${stderr}`);
}
