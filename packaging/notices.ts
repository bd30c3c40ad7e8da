import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';
import { ROOT } from './root.ts';

/**
 * The licences of all packages that are part of bundles or copied, each text once. (A package without a file
 * of its licence has its name alone.) @throws Error that names a package without a licence
 */
export function noticesOf(metafiles: readonly Metafile[], copied: readonly string[]): string {
  const inputs = metafiles.flatMap(({ inputs }) => Object.keys(inputs));
  const bundled = inputs.flatMap((input) => folderOfPackage(input) ?? []);
  const folders = new Set([...bundled, ...copied.map((name) => `node_modules/${name}`)]);
  const byText = new Map<string, string[]>();
  for (const folder of [...folders].sort()) {
    const { title, text } = licenceIn(join(ROOT, folder));
    byText.set(text, [...(byText.get(text) ?? []), title]);
  }
  const parts = [...byText].map(([text, titles]) => `${titles.join('\n')}\n\n${text}`);
  return `Files of this package have parts of these packages:\n\n${parts.join(`\n\n${'-'.repeat(80)}\n\n`)}\n`;
}

/** The folder of the package that a file belongs to; undefined for a file of this repository. */
function folderOfPackage(input: string): string | undefined {
  return /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0];
}

function licenceIn(folder: string): { readonly title: string; readonly text: string } {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  if (typeof license !== 'string') throw new Error(`${name} ${version} has no licence`);
  const file = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each));
  const path = file && join(folder, file);
  const text = path !== undefined && existsSync(path) ? readFileSync(path, 'utf8').trim() : license;
  return { title: `${name} ${version} (${license})`, text };
}
