import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { LIBRARY_OF_PAGE } from '../cli/console/static-files.ts';
import { bundle } from './bundles.ts';
import { compile, dropBlanks } from './compile.ts';
import { ENTRIES } from './entries.ts';
import { COMMAND, COPIED, manifestOf } from './manifest.ts';
import { noticesOf } from './notices.ts';
import { orderByPath } from './order.ts';
import { prune } from './prune.ts';
import { ROOT } from './root.ts';

/** What the package has as it stands in the repository, where it is there. */
const AS_IT_IS = ['LICENSE', 'schemas/1.0', 'cli/console/page', ...vectors()];

/** What the package says of itself, besides what this repository knows. */
export interface PackOptions {
  /** URL of the repository that it is published from. */
  readonly repository?: string | undefined;
}

/**
 * Makes the package and puts its tarball into a folder, which is made if need be. @returns the tarball's path
 * @throws Error with what a compiler or npm says
 */
export async function pack(destination: string, { repository }: PackOptions = {}): Promise<string> {
  const tree = mkdtempSync(join(tmpdir(), 'bmsc-package-'));
  try {
    await compile(tree);
    prune(tree, [COMMAND], Object.values(ENTRIES));
    const manifest = manifestOf(tree, repository);
    await dropBlanks(tree);
    const metafiles = await bundle(tree);
    writeFileSync(join(tree, 'THIRD-PARTY-NOTICES.txt'), noticesOf(metafiles, COPIED));
    writeFileSync(join(tree, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
    cpSync(join(ROOT, 'packaging/README.md'), join(tree, 'README.md'));
    for (const name of AS_IT_IS)
      if (existsSync(join(ROOT, name))) cpSync(join(ROOT, name), join(tree, name), { recursive: true });
    copyLibraryOfPage(tree);
    mkdirSync(destination, { recursive: true });
    const tarball = join(resolve(destination), npmPack(tree, destination));
    await orderByPath(tarball);
    return tarball;
  } finally {
    rmSync(tree, { recursive: true, force: true });
  }
}

/** The console's page takes one file of lit-html, which as a dependency would be 2.6 MB. */
function copyLibraryOfPage(tree: string): void {
  cpSync(join(ROOT, 'node_modules/lit-html/lit-html.js'), join(tree, LIBRARY_OF_PAGE));
}

/** @returns the name of the tarball */
function npmPack(tree: string, destination: string): string {
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', resolve(destination)];
  const { status, stdout, stderr } = spawnSync('npm', args, { cwd: tree, encoding: 'utf8' });
  if (status !== 0) throw new Error(`npm pack failed: ${stderr}`);
  const [made]: { filename: string }[] = JSON.parse(stdout);
  if (made === undefined) throw new Error(`npm pack has made nothing: ${stdout}`);
  return made.filename;
}

/** The test vectors with their schema and what explains them; not what makes them. */
function vectors(): string[] {
  const names = readdirSync(join(ROOT, 'vectors')).filter((name) => /\.(?:json|md)$/.test(name));
  return names.sort().map((name) => join('vectors', name));
}
