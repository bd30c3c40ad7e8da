import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { type Synthesis, synthesize } from '../local/synthesis.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The stacks that every local system of the tests starts from. */
    readonly synthesis: Synthesis;
    /** The same as a file of JSON, for systems in a process of their own. */
    readonly synthesisFile: string;
  }
}

/** Synthesizes the stacks once for all test files, as Vitest's global setup. */
export async function setup(project: TestProject): Promise<() => void> {
  const folder = mkdtempSync(join(tmpdir(), 'bmsc-test-synthesis-'));
  const synthesis = await synthesize(folder);
  const file = join(folder, 'synthesis.json');
  writeFileSync(file, JSON.stringify(synthesis));
  project.provide('synthesis', synthesis);
  project.provide('synthesisFile', file);
  return () => rmSync(folder, { recursive: true, force: true });
}
