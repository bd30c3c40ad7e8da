import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readBaseImages } from '../base-image/dockerfiles.ts';
import { ROOT } from '../root.ts';
import { sectionOf } from './changelog.ts';

/** What a release is made from. */
export interface ReleaseState {
  readonly version: string;
  readonly changelog: string;
  /** Files that differ from the commit. */
  readonly changed: readonly string[];
  readonly tags: readonly string[];
  /** Base images without a digest. */
  readonly unpinned: readonly string[];
}

/** The tag of a version. */
export function tagOf(version: string): string {
  return `v${version}`;
}

/** Reads it from the clone. @throws Error with what git says */
export function readReleaseState(version: string): ReleaseState {
  return {
    version,
    changelog: readFileSync(join(ROOT, 'CHANGELOG.md'), 'utf8'),
    changed: git('status', '--porcelain').map((line) => line.slice(3)),
    tags: git('tag', '--list'),
    unpinned: readBaseImages()
      .filter(({ digest }) => digest === undefined)
      .map(({ image }) => image),
  };
}

/** Why this can't be published: a line for each reason. */
export function obstaclesTo({
  version,
  changelog,
  changed,
  tags,
  unpinned,
}: ReleaseState): readonly string[] {
  const obstacles: string[] = [];
  if (!sectionOf(changelog, version)) obstacles.push(`CHANGELOG.md has no section [${version}]`);
  if (changed.length > 0) obstacles.push(`not committed: ${changed.join(', ')}`);
  if (tags.includes(tagOf(version))) obstacles.push(`${tagOf(version)} is released: raise the version`);
  for (const image of unpinned)
    obstacles.push(`${image} has no digest: commit what npm run base-image writes`);
  return obstacles;
}

function git(...args: readonly string[]): string[] {
  const { status, stdout, stderr } = spawnSync('git', args, { cwd: ROOT, encoding: 'utf8' });
  if (status !== 0) throw new Error(`git ${args[0]}: ${stderr}`);
  return stdout.split('\n').filter((line) => line !== '');
}
