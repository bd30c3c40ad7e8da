import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { ROOT } from '../root.ts';

/** Licences that a user of this product, which is Apache-2.0, can live with in what it is delivered with. */
const DELIVERED = ['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT', 'MIT-0'];

/** And in tools that are never delivered. */
const FOR_DEVELOPMENT = [...DELIVERED, 'BlueOak-1.0.0', 'CC-BY-4.0', 'MPL-2.0', 'Python-2.0'];

/** Packages whose installation may run a program; docs/supply-chain.md says of each why. */
const WITH_INSTALL_SCRIPT = ['classic-level', 'esbuild', 'koffi'];

const lockFile = v.object({
  packages: v.record(
    v.string(),
    v.object({
      license: v.optional(v.string()),
      dev: v.optional(v.boolean(), false),
      link: v.optional(v.boolean(), false),
      hasInstallScript: v.optional(v.boolean(), false),
      integrity: v.optional(v.string(), ''),
      inBundle: v.optional(v.boolean(), false),
      deprecated: v.optional(v.string()),
    }),
  ),
});

/** What `package-lock.json` says of the packages. */
export interface SupplyChain {
  /** How often each licence is there. */
  readonly licences: ReadonlyMap<string, number>;
  /** What must not be: a line for each. */
  readonly faults: readonly string[];
}

/**
 * Checks every package in a lock: licence, install script, digest, and that its authors have not given it up.
 * @throws ValiError for what is no lock
 */
export function checkLock(lock: unknown): SupplyChain {
  const licences = new Map<string, number>();
  const faults: string[] = [];
  for (const [path, entry] of Object.entries(v.parse(lockFile, lock).packages)) {
    const { license, dev, link, hasInstallScript, integrity, inBundle, deprecated } = entry;
    // The repository itself, and what is part of it.
    if (!path.startsWith('node_modules/') || link) continue;
    const name = path.replace(/^.*node_modules\//, '');
    licences.set(license ?? 'none', (licences.get(license ?? 'none') ?? 0) + 1);
    if (!isAllowed(license, dev ? FOR_DEVELOPMENT : DELIVERED))
      faults.push(`${name}: licence ${license ?? 'none'}`);
    if (hasInstallScript && !WITH_INSTALL_SCRIPT.includes(name))
      faults.push(`${name}: has an install script`);
    // A bundled package is part of the one that has the digest.
    if (!inBundle && !integrity.startsWith('sha512-')) faults.push(`${name}: has no digest by SHA-512`);
    if (deprecated !== undefined) faults.push(`${name}: deprecated, ${deprecated}`);
  }
  return { licences, faults };
}

/** Whether an SPDX expression of names, OR, AND and brackets can be met with these licences. */
function isAllowed(expression: string | undefined, licences: readonly string[]): boolean {
  if (expression === undefined) return false;
  const isListed = (each: string) => licences.includes(each.trim());
  return expression
    .replaceAll(/[()]/g, '')
    .split(' OR ')
    .some((choice) => choice.split(' AND ').every(isListed));
}

/** The lock of this repository, and those of the tools in `.ci`, whose packages are for development. */
export function readLocks(): readonly unknown[] {
  const read = (...path: readonly string[]): unknown => JSON.parse(readFileSync(join(ROOT, ...path), 'utf8'));
  const tools = readdirSync(join(ROOT, '.ci'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(ROOT, '.ci', entry.name, 'package-lock.json')))
    .map(({ name }) => v.parse(lockFile, read('.ci', name, 'package-lock.json')));
  return [read('package-lock.json'), ...tools.map(forDevelopment)];
}

function forDevelopment({ packages }: v.InferOutput<typeof lockFile>): unknown {
  const entries = Object.entries(packages).map(([path, entry]) => [path, { ...entry, dev: true }]);
  return { packages: Object.fromEntries(entries) };
}
