import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { type Synthesis, synthesize } from '../local/synthesis.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The stacks that every local system of the tests starts from. */
    readonly synthesis: Synthesis;
  }
}

/** Synthesizes the stacks once for all test files, as Vitest's global setup. */
export async function setup(project: TestProject): Promise<() => void> {
  const folder = mkdtempSync(join(tmpdir(), 'bmsc-test-synthesis-'));
  project.provide('synthesis', await synthesize(folder));
  return () => rmSync(folder, { recursive: true, force: true });
}
