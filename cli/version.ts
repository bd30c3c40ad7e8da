import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';

/** Of the repository or of the package: both have the same folders. */
const MANIFEST = join(import.meta.dirname, '../package.json');

/** The version of this package. */
export function packageVersion(): string {
  return v.parse(v.object({ version: v.string() }), JSON.parse(readFileSync(MANIFEST, 'utf8'))).version;
}
