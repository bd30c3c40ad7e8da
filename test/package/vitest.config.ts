import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

/** Of `npm run test:package`: it installs the package as users do, and is not part of `npm test`. */
export default defineConfig({
  test: {
    root: join(import.meta.dirname, '../..'),
    include: ['test/package/**/*.test.ts'],
    globalSetup: ['test/package/tarball.ts', 'test/synthesis.ts'],
    pool: 'forks',
    // They wait for a registry and a disk, too.
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 600_000,
  },
});
