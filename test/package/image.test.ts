import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { unpackTar } from 'modern-tar';
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest';
import { SENDER_VARIABLE, TRAFFIC_VARIABLE, ZN_VARIABLE } from '../../functions/environment-variables.ts';
import { readDigest } from '../../packaging/base-image/digest.ts';
import { pinned, readBaseImages } from '../../packaging/base-image/dockerfiles.ts';
import { run } from '../../packaging/release/run.ts';
import { describeWith } from '../peers.ts';
import { BUILDAH, ImageBuilder } from './buildah.ts';
import { REGISTRY, Registry, type StoredImage } from './registry.ts';

/** Both are needed. */
const PEER = {
  ...BUILDAH,
  name: `${BUILDAH.name}, and ${REGISTRY.name}`,
  install: `${BUILDAH.install}; ${REGISTRY.install}`,
  isThere: () => BUILDAH.isThere() && REGISTRY.isThere(),
};

const SERVICES = [
  { name: 'key-distribution', ports: { '2269/udp': {} }, setting: SENDER_VARIABLE.queueUrl },
  { name: 'zn', ports: { '8080/tcp': {} }, setting: ZN_VARIABLE.originHost },
  { name: 'traffic', ports: undefined, setting: TRAFFIC_VARIABLE.streams },
];
/** Of ELF's header: what a program is for. */
const MACHINES = { amd64: 62, arm64: 183 };
const MB = 1_000_000;

describeWith(
  PEER,
  'images that buildah makes of the package, from a registry with a stand-in for the base',
  () => {
    let registry: Registry;
    let builder: ImageBuilder;
    let folder: string;
    let services: string;
    let digest: string;

    beforeAll(async () => {
      registry = await Registry.start();
      builder = new ImageBuilder(registry);
      folder = mkdtempSync(join(tmpdir(), 'bmsc-prebuilt-'));
      run('tar', ['-xzf', inject('tarball'), '-C', folder]);
      services = join(folder, 'package/prebuilt/services');
      const [{ image } = { image: '' }] = readBaseImages();
      builder.pushBase(image);
      digest = digestBySkopeo(image);
      for (const { name } of SERVICES) {
        const dockerfile = join(services, `${name}.Dockerfile`);
        writeFileSync(dockerfile, pinned(readFileSync(dockerfile, 'utf8'), image, digest));
        builder.build(services, name);
      }
    });
    afterAll(() => {
      vi.unstubAllEnvs();
      builder?.close();
      registry?.close();
      rmSync(folder, { recursive: true, force: true });
    });

    /** As `npm run base-image` reads it, with no Docker on this machine. */
    function digestBySkopeo(image: string): string {
      const programs = join(folder, 'bin');
      mkdirSync(programs);
      symlinkSync(
        spawnSync('which', ['skopeo'], { encoding: 'utf8' }).stdout.trim(),
        join(programs, 'skopeo'),
      );
      vi.stubEnv('HOME', registry.home);
      const path = process.env.PATH;
      vi.stubEnv('PATH', programs);
      const read = readDigest(image);
      vi.stubEnv('PATH', path);
      return read;
    }

    /** The files of an image by their paths, the last layer's last. */
    async function filesOf(name: string, { layers }: StoredImage): Promise<ReadonlyMap<string, Uint8Array>> {
      const files = new Map<string, Uint8Array>();
      for (const layer of layers) {
        const entries = await unpackTar(gunzipSync(await registry.layer(name, layer.digest)));
        for (const { header, data } of entries)
          if (header.type === 'file') files.set(header.name, data ?? new Uint8Array());
      }
      return files;
    }

    test('npm run base-image writes the digest that the registry has', async () => {
      expect(digest).toBe(await registry.digestOf('library/node', '24-alpine'));
    });

    test.each(SERVICES)(
      '$name starts as nobody’s account, and asks for its settings',
      ({ name, setting }) => {
        expect(builder.start(name, ['node', 'main.mjs'])).toContain(`${setting} is missing`);
      },
    );

    test.each(SERVICES)(
      '$name is there for both platforms, small, with Node and nothing to run besides',
      async ({ name, ports }) => {
        const images = await registry.imagesOf(name, 'latest');
        expect(images.map(({ architecture }) => architecture).sort()).toEqual(['amd64', 'arm64']);
        for (const image of images) {
          const size = image.layers.reduce((sum, layer) => sum + layer.size, 0);
          console.log(`${name}, ${image.architecture}: ${(size / MB).toFixed(1)} MB compressed`);
          expect(size).toBeLessThanOrEqual(60 * MB);
          expect(image.config).toMatchObject({
            User: '1000:1000',
            // What the task definitions run to see whether it is well.
            Entrypoint: ['node', 'main.mjs'],
            Env: expect.arrayContaining(['NODE_ENV=production', 'PATH=/usr/local/bin']),
            ...(ports && { ExposedPorts: ports }),
          });
          const files = await filesOf(name, image);
          const [top] = [new Set([...files.keys()].map((path) => path.split('/')[0]))];
          expect([...top].sort()).toEqual(
            ['etc', 'lib', name === 'key-distribution' ? 'sender' : name, 'usr'].sort(),
          );
          expect(
            [...files.keys()].filter((path) => path.startsWith('usr/') || path.startsWith('lib/')).sort(),
          ).toEqual([
            'lib/ld-musl-x86_64.so.1',
            'usr/lib/libgcc_s.so.1',
            'usr/lib/libstdc++.so.6',
            'usr/local/bin/node',
          ]);
        }
      },
    );

    test('the sender has koffi for the platform of its image', async () => {
      for (const image of await registry.imagesOf('key-distribution', 'latest')) {
        const files = await filesOf('key-distribution', image);
        const modules = [...files].filter(([path]) => path.endsWith('.node'));
        const machines = new Set(modules.map(([, octets]) => Buffer.from(octets).readUInt16LE(18)));
        expect([...machines]).toEqual([MACHINES[image.architecture === 'arm64' ? 'arm64' : 'amd64']]);
      }
    });
  },
);
