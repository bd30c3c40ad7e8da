import { defineConfig } from 'vitest/config';

const folders = (process.env.BMSC_MUTANT_TESTS ?? 'test').split(',');

export default defineConfig({
  test: { include: folders.map((folder) => `${folder}/**/*.test.ts`), testTimeout: 30_000 },
});
