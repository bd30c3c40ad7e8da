import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import node from '../../.ci/node/package.json' with { type: 'json' };
import lock from '../../package-lock.json' with { type: 'json' };
import { octetsOnDisk } from '../package/installation.ts';

const ROOT = join(import.meta.dirname, '../..');
/** As `du -m` has it. */
const MB = 2 ** 20;

/** A package and what stands in its own `node_modules`. */
const TOP = Object.keys(lock.packages).filter((path) => /^node_modules\/(@[^/]+\/)?[^/]+$/.test(path));
const NODES = Object.keys(node.optionalDependencies).map((name) => `node_modules/${name}`);

test('npm ci takes at most 450 MB, without the Node that it brings where the machine’s is too old', () => {
  const folders = TOP.filter((path) => !NODES.includes(path)).map((path) => join(ROOT, path));
  const octets = folders.filter(existsSync).reduce((sum, folder) => sum + octetsOnDisk(folder), 0);
  console.log(`npm ci: ${(octets / MB).toFixed(0)} MB`);
  expect(octets).toBeGreaterThan(300 * MB);
  expect(octets).toBeLessThanOrEqual(450 * MB);
});
