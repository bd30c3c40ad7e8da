import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** The repository, or the package that was made from it: both have the same folders. */
export const ROOT = join(import.meta.dirname, '../..');

/** Stands in the package alone: a folder with the bundles of the functions, and one for each service. */
export const PREBUILT_FOLDER = 'prebuilt';

/** The folder of the functions or of a service in the package; undefined in the repository. */
export function prebuiltFolder(name: string): string | undefined {
  const folder = join(ROOT, PREBUILT_FOLDER, name);
  return existsSync(folder) ? folder : undefined;
}
