import { spawnSync } from 'node:child_process';
import { ROOT } from '../root.ts';

/**
 * Runs a program to its end, in the repository. @returns what it printed
 * @throws Error with what it says when it fails
 */
export function run(program: string, args: readonly string[], cwd = ROOT): string {
  const options = { cwd, encoding: 'utf8', maxBuffer: 64 * 2 ** 20 } as const;
  const { status, stdout, stderr, error } = spawnSync(program, args, options);
  if (status !== 0) throw new Error(`${program} ${args[0]}: ${error?.message ?? stderr}`);
  return stdout;
}
