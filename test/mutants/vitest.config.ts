import { defineConfig } from 'vitest/config';

/** Folders of tests, and single files. */
const places = (process.env.BMSC_MUTANT_TESTS ?? 'test').split(',');
const include = places.map((place) => (place.endsWith('.ts') ? place : `${place}/**/*.test.ts`));

export default defineConfig({
  test: { include, testTimeout: 30_000 },
});
