import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { SENDER_VARIABLE, ZN_VARIABLE } from '../../functions/environment-variables.ts';
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
    ['key-distribution', '2269/udp', SENDER_VARIABLE.queueUrl],
    ['zn', '8080/tcp', ZN_VARIABLE.originHost],
  ])('%s starts as nobody’s account, and asks for its settings', (name, port, setting) => {
    store.build(join(folder, 'package/prebuilt/services'), name);
    expect(store.inspect(name)).toMatchObject({
      config: {
        User: '1000:1000',
        Entrypoint: ['node', `${name}.mjs`],
        ExposedPorts: { [port]: {} },
        Env: expect.arrayContaining(['NODE_ENV=production']),
      },
    });
    expect(store.start(name, ['node', `${name}.mjs`])).toContain(`${setting} is missing`);
  });
});
