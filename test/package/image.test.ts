import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { run } from '../../packaging/release/run.ts';
import { describeWith } from '../peers.ts';
import { BUILDAH, ImageStore } from './buildah.ts';

describeWith(BUILDAH, 'an image that buildah makes of the package, on a stand-in for the base image', () => {
  let store: ImageStore;
  let folder: string;
  beforeAll(() => {
    store = new ImageStore();
    folder = mkdtempSync(join(tmpdir(), 'bmsc-prebuilt-'));
    run('tar', ['-xzf', inject('tarball'), '-C', folder]);
  });
  afterAll(() => {
    store?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test.each([
    ['key-distribution', '2269/udp', 'BMSC_QUEUE_URL'],
    ['zn', '8080/tcp', 'BMSC_ZN_ORIGIN_HOST'],
  ])('%s starts as nobody’s account, and asks for its settings', (name, port, setting) => {
    store.build(join(folder, 'package/prebuilt', name), name);
    expect(store.inspect(name)).toMatchObject({
      config: {
        User: '1000:1000',
        Entrypoint: ['node', 'main.mjs'],
        ExposedPorts: { [port]: {} },
        Env: expect.arrayContaining(['NODE_ENV=production']),
      },
    });
    expect(store.start(name, ['node', 'main.mjs'])).toContain(`${setting} is missing`);
  });
});
