import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** The repository, or the package that was made from it: both have the same folders. */
export const ROOT = join(import.meta.dirname, '../..');

/** Stands in the package alone: bundles of the functions in one folder, those of the services in another. */
export const PREBUILT_FOLDER = 'prebuilt';

/** The folder that all services share, with a Dockerfile for each. */
export const SERVICES_FOLDER = 'services';

/** The folder of the functions or of the services in the package; undefined in the repository. */
export function prebuiltFolder(name: string): string | undefined {
  const folder = join(ROOT, PREBUILT_FOLDER, name);
  return existsSync(folder) ? folder : undefined;
}
