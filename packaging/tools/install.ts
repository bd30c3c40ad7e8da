import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../root.ts';

/** Tools with a lock of their own in `.ci`: few need them, or they are large. */
export type Tool = 'assemblyscript' | 'biome' | 'typedoc';

/**
 * Installs a tool unless it is there as its lock has it; without scripts, for none of them needs one.
 * @returns the folder in which its packages stand
 * @throws Error with what npm says
 */
export function installTool(tool: Tool): string {
  const folder = join(ROOT, '.ci', tool);
  const packages = join(folder, 'node_modules');
  const lock = readFileSync(join(folder, 'package-lock.json'), 'utf8');
  /** The lock that the packages were installed by. */
  const installed = join(packages, '.installed-lock.json');
  if (existsSync(installed) && readFileSync(installed, 'utf8') === lock) return packages;
  const { status, stderr } = spawnSync('npm', ['ci', '--ignore-scripts'], { cwd: folder, encoding: 'utf8' });
  if (status !== 0) throw new Error(`.ci/${tool} can't be installed: ${stderr}`);
  writeFileSync(installed, lock);
  return packages;
}
