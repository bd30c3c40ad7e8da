import { existsSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A file that the console serves. */
export interface StaticFile {
  readonly contentType: string;
  readonly octets: Uint8Array;
}

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

const PAGE = join(import.meta.dirname, 'page');
/** Where the package has the library that the page imports. */
export const LIBRARY_OF_PAGE = 'cli/console/lit-html.js';
/** All files of the page by their paths. A path is looked up here and never joined to a folder. */
let files: ReadonlyMap<string, string> | undefined;

/** The file of a path, or undefined. */
export async function staticFile(path: string): Promise<StaticFile | undefined> {
  files ??= filesOfPage();
  const file = files.get(path);
  if (file === undefined) return undefined;
  const contentType = CONTENT_TYPES[extname(file)] ?? 'application/octet-stream';
  return { contentType, octets: await readFile(file) };
}

function filesOfPage(): ReadonlyMap<string, string> {
  return new Map([
    ...readdirSync(PAGE)
      .filter((name) => extname(name) in CONTENT_TYPES)
      .map((name) => [name === 'index.html' ? '/' : `/${name}`, join(PAGE, name)] as const),
    ['/vendor/lit-html.js', libraryOfPage()],
  ]);
}

/** One file for browsers, which imports nothing; Node is given another one. */
function libraryOfPage(): string {
  const copy = join(import.meta.dirname, '../..', LIBRARY_OF_PAGE);
  if (existsSync(copy)) return copy;
  return fileURLToPath(new URL('../lit-html.js', import.meta.resolve('lit-html')));
}
