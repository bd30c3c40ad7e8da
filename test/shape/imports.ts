import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { ROOT } from './sources.ts';

/** From the top: a folder may import from those on its own line and on the lines below. */
const FLOORS = [['cdk', 'cli', 'local'], ['functions'], ['lib']];

/** One file imports another; both are paths from the root of the repository. */
export interface Import {
  readonly from: string;
  readonly to: string;
}

/** The relative imports and re-exports of a file, also those of types and `import()`. */
export function importsOf(from: string): Import[] {
  const text = readFileSync(join(ROOT, from), 'utf8');
  const names = [...text.matchAll(/(?:\bfrom|\bimport\(?)\s*'(\.[^']*)'/g)].map(([, name = '']) => name);
  return names.map((name) => ({ from, to: relative(ROOT, join(ROOT, dirname(from), name)) }));
}

/** Whether a lower floor imports a higher one. */
export function isUpward({ from, to }: Import): boolean {
  return floorOf(to) < floorOf(from);
}

function floorOf(path: string): number {
  const floor = FLOORS.findIndex((folders) => folders.some((folder) => path.startsWith(`${folder}/`)));
  return floor === -1 ? FLOORS.length : floor;
}
