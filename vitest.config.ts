import { cpus } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

/** Rooms whose tests leave nothing behind in their process: their files share one, and load what they use once. */
const SHARED = [
  'address',
  'cdk',
  'docs',
  'events',
  'fuzz',
  'gba',
  'http-digest',
  'key-management',
  'keys',
  'mikey',
  'shape',
  'store',
  'ue',
].map((room) => `test/${room}/**/*.test.ts`);

export default defineConfig({
  test: {
    pool: 'forks',
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Half of what a program costs that tests start is the compilation of what it loads.
    env: { NODE_COMPILE_CACHE: join(import.meta.dirname, 'node_modules/.cache/node-compile-cache') },
    // Most tests wait more than they compute.
    maxWorkers: cpus().length + 1,
    projects: [
      { extends: true, test: { name: 'shared', include: SHARED, isolate: false } },
      {
        extends: true,
        test: {
          name: 'alone',
          include: ['test/**/*.test.ts'],
          exclude: SHARED,
          globalSetup: 'test/synthesis.ts',
        },
      },
    ],
  },
});
