import { cpus } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/longest-first.ts';

/** Rooms whose tests leave nothing behind in their process: their files share one, and load modules once. */
const SHARED = [
  'address',
  'cdk',
  'diameter',
  'docs',
  'events',
  'fuzz',
  'gba',
  'http-digest',
  'key-management',
  'keys',
  'mikey',
  'shape',
  'srtp',
  'store',
  'traffic',
  'ue',
  'zn',
].map((room) => `test/${room}/**/*.test.ts`);

/** Tests that measure a network or a processor: they run at the end, and nothing runs beside them. */
const QUIET = ['test/native/udp/narrow-line.test.ts', 'test/faults/load.test.ts'];

/** Half of what a program costs that tests start is the compilation of what it loads. */
const COMPILE_CACHE = join(import.meta.dirname, 'node_modules/.cache/node-compile-cache');

/** Has no file: a developer's own configuration of `bmsc` is not for tests. */
const NO_CONFIG = join(import.meta.dirname, 'node_modules/.cache/no-config');

/** Most tests wait more than they compute. */
const WORKERS = cpus().length + 1;

export default defineConfig({
  test: {
    pool: 'forks',
    testTimeout: 30_000,
    hookTimeout: 60_000,
    env: { NODE_COMPILE_CACHE: COMPILE_CACHE, XDG_CONFIG_HOME: NO_CONFIG },
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        extends: true,
        test: {
          name: 'alone',
          include: ['test/**/*.test.ts'],
          exclude: ['**/node_modules/**', 'test/package/**', ...SHARED, ...QUIET],
          globalSetup: 'test/synthesis.ts',
          maxWorkers: WORKERS,
        },
      },
      { extends: true, test: { name: 'shared', include: SHARED, isolate: false, maxWorkers: WORKERS } },
      {
        extends: true,
        test: { name: 'quiet', include: QUIET, maxWorkers: 1, sequence: { groupOrder: 1 } },
      },
    ],
  },
});
