import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import type { Explanation } from './explained.ts';

/**
 * What is used of Stryker's result for one mutant. Lines and columns count from 1; the end column is the
 * one after.
 */
export interface Mutant {
  readonly fileName: string;
  readonly status: string;
  readonly replacement?: string;
  readonly location: {
    readonly start: { readonly line: number; readonly column: number };
    readonly end: { readonly line: number; readonly column: number };
  };
}

/** A change that no test noticed. `why` is undefined when nobody has explained it. */
export interface Survivor {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly original: string;
  readonly replacement: string;
  readonly why: string | undefined;
}

const KILLED = new Set(['Killed', 'Timeout']);
const SURVIVED = new Set(['Survived', 'NoCoverage']);

/** Counts mutants, and names each that survived. What could not be run (a syntax error) counts as nothing. */
export function survivorsOf(
  mutants: readonly Mutant[],
  explained: readonly Explanation[],
  root: string,
): { readonly total: number; readonly killed: number; readonly survived: readonly Survivor[] } {
  const survived = mutants
    .filter(({ status }) => SURVIVED.has(status))
    .map((mutant) => survivorOf(mutant, explained, root));
  const killed = mutants.filter(({ status }) => KILLED.has(status)).length;
  return { total: killed + survived.length, killed, survived };
}

function survivorOf(
  { fileName, replacement = '', location: { start, end } }: Mutant,
  explained: readonly Explanation[],
  root: string,
): Survivor {
  const lines = readFileSync(fileName, 'utf8')
    .split('\n')
    .slice(start.line - 1, end.line);
  const cut = lines.map((text, index) =>
    text.slice(index === 0 ? start.column - 1 : 0, index === lines.length - 1 ? end.column - 1 : undefined),
  );
  const file = relative(root, fileName);
  const change = { file, original: folded(cut.join('\n')), replacement: folded(replacement) };
  const why = explained.find(
    (each) =>
      each.file === file &&
      each.line === lines[0]?.trim() &&
      each.original === change.original &&
      each.replacement === change.replacement,
  )?.why;
  return { ...change, line: start.line, why };
}

function folded(code: string): string {
  return code.replace(/\s+/g, ' ').trim();
}
