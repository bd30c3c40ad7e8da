import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { billOfMaterials } from '../../packaging/release/bill-of-materials.ts';
import { sectionOf } from '../../packaging/release/changelog.ts';
import { IMAGES } from '../../packaging/release/make.ts';
import { obstaclesTo, type ReleaseState, tagOf } from '../../packaging/release/obstacles.ts';

const ROOT = join(import.meta.dirname, '../..');
const CHANGELOG =
  '# Changelog\n\n## [Unreleased]\n\n- Soon.\n\n## [1.0.0] - 2026-01-02\n\n### Fixed\n\n- It.\n\n## [0.9.0]\n\n- Old.\n';

const READY: ReleaseState = {
  version: '1.0.0',
  changelog: CHANGELOG,
  changed: [],
  tags: ['v0.9.0'],
  unpinned: [],
};

test('the notes are what the changelog says of the version', () => {
  expect(sectionOf(CHANGELOG, '1.0.0')).toBe('### Fixed\n\n- It.');
  expect(sectionOf(CHANGELOG, '0.9.0')).toBe('- Old.');
  expect(sectionOf(CHANGELOG, '1.0')).toBeUndefined();
});

test('nothing stands against a version that is described, committed, new, and built on a digest', () => {
  expect(obstaclesTo(READY)).toEqual([]);
});

test.each([
  [{ version: '1.1.0' }, 'CHANGELOG.md has no section [1.1.0]'],
  [{ changed: ['lib/a.ts', 'b'] }, 'not committed: lib/a.ts, b'],
  [{ tags: ['v1.0.0'] }, 'v1.0.0 is released: raise the version'],
  [{ unpinned: ['node:24-alpine'] }, 'node:24-alpine has no digest: commit what npm run base-image writes'],
])('%j stands against it', (state, obstacle) => {
  expect(obstaclesTo({ ...READY, ...state })).toEqual([obstacle]);
});

test('the bill of materials has what is delivered, by the name of the package, and no tool', () => {
  const text = JSON.stringify(billOfMaterials(manifest.name));
  const { metadata, components, dependencies } = JSON.parse(text);
  expect(metadata.component).toMatchObject({ name: manifest.name, version: manifest.version });
  const names = components.map((each: { purl: string }) => each.purl);
  for (const name of ['koffi', 'valibot', '%40aws-sdk/client-dynamodb'])
    expect(names).toContainEqual(expect.stringMatching(`^pkg:npm/${name}@`));
  for (const name of ['vitest', 'aws-cdk-lib', 'dynalite'])
    expect(names).not.toContainEqual(expect.stringMatching(`^pkg:npm/${name}@`));
  const references = components.map((each: { 'bom-ref': string }) => each['bom-ref']);
  const [own, ...others] = dependencies.map((each: { ref: string }) => each.ref);
  expect([own, ...others.sort()]).toEqual([metadata.component['bom-ref'], ...references.sort()]);
});

test('the workflow publishes what `npm run release` makes, under its names', () => {
  const workflow = readFileSync(join(ROOT, '.github/workflows/release.yml'), 'utf8');
  for (const [, script = ''] of workflow.matchAll(/npm run (?:--silent )?([\w:-]+)/g))
    expect(Object.keys(manifest.scripts)).toContain(script);
  expect(workflow).toContain(`for image in ${IMAGES.join(' ')}; do`);
  for (const file of ['.tgz', '.cdx.json', '-templates.tgz'])
    expect(workflow).toContain(`"${manifest.name}-$version${file}"`);
  expect(workflow).toContain(`"${tagOf('$version')}"`);
});
