import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { pack } from '../../packaging/pack.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The path of the package, as `npm run pack` makes it. */
    readonly tarball: string;
  }
}

/** Makes the package once for all test files, as Vitest's global setup. */
export async function setup(project: TestProject): Promise<() => void> {
  const folder = mkdtempSync(join(tmpdir(), 'bmsc-tarball-'));
  project.provide('tarball', await pack(folder));
  return () => rmSync(folder, { recursive: true, force: true });
}
