import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The folders of what is deployed and run; the rest is tests and documents. */
export const PRODUCT = ['lib', 'functions', 'cdk', 'cli', 'local'] as const;

/** The TypeScript and JavaScript files below a folder, as paths from the root of the repository. */
export function filesIn(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.[jt]s$/.test(name) && !name.includes('node_modules'))
    .map((name) => join(folder, name))
    .sort();
}
