import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { HEALTH_COMMAND } from '../../cdk/constructs/container-image.ts';
import { digestOfIndex, readDigest } from '../../packaging/base-image/digest.ts';
import { baseImagesOf, DOCKERFILES, pinned, readBaseImages } from '../../packaging/base-image/dockerfiles.ts';

const ROOT = join(import.meta.dirname, '../..');
const DIGEST = `sha256:${'ab'.repeat(32)}`;
const indexOf = (...architectures: readonly string[]) =>
  Buffer.from(
    JSON.stringify({
      manifests: architectures.map((architecture) => ({ platform: { os: 'linux', architecture } })),
    }),
  );
afterEach(() => vi.unstubAllEnvs());

test('all Dockerfiles begin from one image, and are found', () => {
  expect(DOCKERFILES).toHaveLength(6);
  expect(readBaseImages().map(({ image }) => image)).toEqual(['node:24-alpine']);
});

test.each(DOCKERFILES)('%s begins the program that a task’s health check asks', (file) => {
  const dockerfile = readFileSync(join(ROOT, file), 'utf8');
  const [, entrypoint = ''] = /^ENTRYPOINT (\[.*\])$/m.exec(dockerfile) ?? [];
  const [, health = ''] = /^HEALTHCHECK .* CMD (\[.*\])$/m.exec(dockerfile) ?? [];
  expect(['CMD', ...JSON.parse(health)]).toEqual(HEALTH_COMMAND);
  expect(['CMD', ...JSON.parse(entrypoint), '--health']).toEqual(HEALTH_COMMAND);
  expect(dockerfile).toMatch(/^COPY .*(?: \.\/main\.mjs$|\/main\.mjs )/m);
});

test('a digest is written behind each name of the image, in place of an older one, and nothing else is', () => {
  const dockerfile = [
    '# FROM node:24-alpine',
    'FROM --platform=$BUILDPLATFORM node:24-alpine AS build',
    `FROM node:24-alpine@sha256:${'00'.repeat(32)}`,
    'FROM build',
    'FROM node:22-alpine',
  ].join('\n');
  const written = pinned(dockerfile, 'node:24-alpine', DIGEST);
  expect(written.split('\n')).toEqual([
    '# FROM node:24-alpine',
    `FROM --platform=$BUILDPLATFORM node:24-alpine@${DIGEST} AS build`,
    `FROM node:24-alpine@${DIGEST}`,
    'FROM build',
    'FROM node:22-alpine',
  ]);
  expect(baseImagesOf(written)).toEqual([
    { image: 'node:24-alpine', digest: DIGEST },
    { image: 'node:24-alpine', digest: DIGEST },
    { image: 'node:22-alpine', digest: undefined },
  ]);
});

test('the digest is that of the index, which must have both platforms', () => {
  const sha256sum = spawnSync('sha256sum', { input: indexOf('amd64', 'arm64'), encoding: 'utf8' }).stdout;
  expect(digestOfIndex(indexOf('amd64', 'arm64'))).toBe(`sha256:${sha256sum.slice(0, 64)}`);
  expect(() => digestOfIndex(indexOf('amd64'))).toThrow('not there for linux/arm64');
  expect(() => digestOfIndex(Buffer.from('{"config":{},"layers":[]}'))).toThrow('one platform alone');
});

test('the digest is read by what is there of Docker and skopeo; else it is said what each answers', () => {
  // Stands in for skopeo: no registry can be reached here.
  const folder = mkdtempSync(join(tmpdir(), 'bmsc-no-docker-'));
  vi.stubEnv('PATH', folder);
  expect(() => readDigest('node:24-alpine')).toThrow(/digest of node:24-alpine:\ndocker: .*\nskopeo: .*/);
  writeFileSync(
    join(folder, 'skopeo'),
    `#!/bin/sh\n[ "$3" = docker://node:24-alpine ] && echo '${indexOf('amd64', 'arm64')}'`,
  );
  chmodSync(join(folder, 'skopeo'), 0o755);
  expect(readDigest('node:24-alpine')).toBe(digestOfIndex(Buffer.from(`${indexOf('amd64', 'arm64')}\n`)));
  rmSync(folder, { recursive: true });
});

test('npm run base-image -- --check says what is not pinned, and ends so', () => {
  const program = join(ROOT, 'packaging/base-image/main.ts');
  const { status, stdout } = spawnSync(process.execPath, [program, '--check'], { encoding: 'utf8' });
  const isPinned = readBaseImages().every(({ digest }) => digest !== undefined);
  expect([status, stdout.includes('NOT pinned')]).toEqual(isPinned ? [0, false] : [1, true]);
});
