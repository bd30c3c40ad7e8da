import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { PREBUILT_FOLDER, SERVICES_FOLDER } from '../../cdk/constructs/prebuilt.ts';
import { pack } from '../pack.ts';
import { ROOT } from '../root.ts';
import { billOfMaterials } from './bill-of-materials.ts';
import { run } from './run.ts';

/** The images of a release, by the names of their services. */
export const IMAGES = ['key-distribution', 'zn', 'traffic'] as const;

/** What a release is made with. */
export interface ReleaseOptions {
  readonly name: string;
  readonly version: string;
  /** What the changelog says of it. */
  readonly notes: string;
  /** URL of the repository, which the package names, as npm wants it for a provenance. */
  readonly repository?: string | undefined;
  /** An empty folder. */
  readonly destination: string;
}

/**
 * Makes all that a release has: the package, the templates with their assets, a bill of materials, notes,
 * digests; and the folder that all images are built from. Publishes nothing.
 * @returns the files, without those of the images
 * @throws Error with what a compiler, npm or the CDK says
 */
export async function makeRelease(options: ReleaseOptions): Promise<readonly string[]> {
  const { name, version, notes, repository, destination } = options;
  const inDestination = (file: string) => join(destination, file);
  const tarball = await pack(destination, { repository });
  unpackImages(tarball, inDestination('images'));
  makeTemplates(inDestination(`${name}-${version}-templates.tgz`));
  writeFileSync(inDestination(`${name}-${version}.cdx.json`), JSON.stringify(billOfMaterials(name), null, 2));
  writeFileSync(inDestination('notes.md'), `${notes}\n`);
  const files = readdirSync(destination, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name)
    .sort();
  writeFileSync(inDestination('SHA256SUMS'), files.map((file) => digestLine(destination, file)).join(''));
  return [...files, 'SHA256SUMS'];
}

/** The images are built from what the package has. */
function unpackImages(tarball: string, folder: string): void {
  const tree = mkdtempSync(join(tmpdir(), 'bmsc-images-'));
  try {
    run('tar', ['-xzf', tarball, '-C', tree]);
    cpSync(join(tree, 'package', PREBUILT_FOLDER, SERVICES_FOLDER), folder, { recursive: true });
  } finally {
    rmSync(tree, { recursive: true, force: true });
  }
}

function makeTemplates(archive: string): void {
  const tree = mkdtempSync(join(tmpdir(), 'bmsc-templates-'));
  try {
    const folder = join(tree, basename(archive, '.tgz'));
    mkdirSync(folder);
    const settings = ['--context', `bmsc=${join(ROOT, 'packaging/release/settings.json')}`];
    const cdk = join(ROOT, 'node_modules/aws-cdk/bin/cdk');
    run(process.execPath, [cdk, 'synth', '--quiet', ...settings, '--output', folder]);
    cpSync(join(ROOT, 'packaging/release/templates.md'), join(folder, 'README.md'));
    run('tar', ['-czf', archive, '-C', tree, basename(folder)]);
  } finally {
    rmSync(tree, { recursive: true, force: true });
  }
}

/** As `sha256sum --check` reads it. */
function digestLine(folder: string, file: string): string {
  const digest = createHash('sha256')
    .update(readFileSync(join(folder, file)))
    .digest('hex');
  return `${digest}  ${file}\n`;
}
