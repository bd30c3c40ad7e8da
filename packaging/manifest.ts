import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { filesOf } from './compile.ts';
import { ENTRIES } from './entries.ts';
import { ROOT } from './root.ts';
import { specifiersIn } from './specifiers.ts';

/** The program `bmsc`. */
export const COMMAND = 'cli/bmsc.js';

/**
 * The peers of the construct, each with the oldest version that it works with: `npm run test:package` tries
 * them. Without the construct nobody needs them.
 */
export const PEERS: Readonly<Record<string, string>> = { 'aws-cdk-lib': '2.270.0', constructs: '10.5.0' };

/** What the package has a copy of, instead of depending on it. */
export const COPIED = ['lit-html'];

/**
 * The `package.json` of the package whose compiled files stand in `tree`.
 * @param repository URL of the repository that it is published from, which npm compares with its provenance
 */
export function manifestOf(tree: string, repository?: string): object {
  const { name, version, description, license, dependencies, devDependencies } = JSON.parse(
    readFileSync(join(ROOT, 'package.json'), 'utf8'),
  );
  const versions: Readonly<Record<string, string>> = { ...devDependencies, ...dependencies };
  const rangesOf = (names: readonly string[]) =>
    Object.fromEntries(names.map((each) => [each, rangeOf(each, versions[each])]));
  const imported = importedPackages(tree);
  return {
    name,
    version,
    description,
    license,
    ...(repository && { repository: { type: 'git', url: `git+${repository}.git` } }),
    keywords: ['3gpp', 'aws', 'bm-sc', 'cdk', 'gba', 'mbms', 'mikey', 'ts-33.246'],
    type: 'module',
    // From 20.19 on, `require` loads it, too.
    engines: { node: '>=20.19' },
    bin: { bmsc: COMMAND },
    exports: exportsOf(),
    dependencies: rangesOf(imported.filter((each) => !(each in PEERS) && !COPIED.includes(each))),
    peerDependencies: Object.fromEntries(
      Object.entries(PEERS).map(([each, oldest]) => [each, rangeOf(each, oldest)]),
    ),
    peerDependenciesMeta: Object.fromEntries(Object.keys(PEERS).map((each) => [each, { optional: true }])),
  };
}

function exportsOf(): object {
  const entries = Object.entries(ENTRIES).map(([path, file]) => [
    path,
    { types: `./${file}.d.ts`, default: `./${file}.js` },
  ]);
  const files = ['./schemas/*', './vectors/*', './package.json'].map((path) => [path, path]);
  return Object.fromEntries([...entries, ...files]);
}

/** What is compatible with a version that tests ran with. */
function rangeOf(name: string, version: string | undefined): string {
  if (version === undefined) throw new Error(`package.json has no ${name}, which the package imports`);
  return `^${version}`;
}

/** The packages that compiled files and their declarations import, sorted. */
function importedPackages(tree: string): string[] {
  const files = [...filesOf(tree, '.js'), ...filesOf(tree, '.d.ts')];
  const specifiers = files.flatMap((file) => specifiersIn(readFileSync(join(tree, file), 'utf8')));
  const names = specifiers.map((each) => /^(?:@[^/]+\/)?[^/]+/.exec(each)?.[0] ?? each);
  const isOther = (name: string) => !name.startsWith('.') && !name.startsWith('node:');
  return [...new Set(names)].filter(isOther).sort();
}
