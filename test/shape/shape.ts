import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Import, importsOf, isUpward } from './imports.ts';
import { measure } from './measure.ts';
import { filesIn, PRODUCT, ROOT } from './sources.ts';

/** The limits: lines of a function and of a file, columns of a comment and of a subject. */
export const LIMITS = { functionLines: 60, fileLines: 350, commentColumns: 110, subjectColumns: 72 } as const;

/** Something with a size, where it stands, and whether it breaks a limit. */
export interface Entry {
  readonly what: string;
  readonly size: number;
  readonly isBroken: boolean;
}

/** The figures of the repository, each list from the largest on. */
export interface Shape {
  readonly functions: readonly Entry[];
  readonly files: readonly Entry[];
  readonly comments: readonly Entry[];
  readonly subjects: readonly Entry[];
  readonly rooms: readonly Entry[];
  readonly arrows: readonly Entry[];
}

/** Measures the sources. @param since the commit after which the subjects of commits are measured */
export function shapeOfRepository(since?: string): Shape {
  const files = [...PRODUCT, 'test', 'docs'].flatMap(filesIn);
  const measured = files.map((file) => ({ file, ...measure(readFileSync(join(ROOT, file), 'utf8')) }));
  const largest = (entries: readonly Entry[]) => entries.toSorted((a, b) => b.size - a.size);
  return {
    functions: largest(
      measured.flatMap(({ file, functions }) =>
        functions.map(({ name, line, lines, isExcused }) => ({
          what: `${file}:${line} ${name}${isExcused ? ' (says why)' : ''}`,
          size: lines,
          isBroken: lines > LIMITS.functionLines && !isExcused && isProduct(file),
        })),
      ),
    ),
    files: largest(
      measured.map(({ file, lines }) => ({ what: file, size: lines, isBroken: lines > LIMITS.fileLines })),
    ),
    comments: largest(
      measured.flatMap(({ file, comments }) =>
        comments
          .filter(({ columns }) => columns > LIMITS.commentColumns)
          .map(({ line, columns }) => ({ what: `${file}:${line}`, size: columns, isBroken: true })),
      ),
    ),
    subjects: largest(since === undefined ? [] : longSubjects(since)),
    rooms: roomsOf(measured),
    arrows: arrowsOf(files.filter(isProduct).flatMap(importsOf)),
  };
}

function isProduct(file: string): boolean {
  return PRODUCT.some((folder) => file.startsWith(`${folder}/`));
}

function longSubjects(since: string): Entry[] {
  const log = execFileSync('git', ['log', '--format=%h %s', `${since}..`], { cwd: ROOT, encoding: 'utf8' });
  return log
    .split('\n')
    .map((line) => ({ what: line, size: line.slice(line.indexOf(' ') + 1).length, isBroken: true }))
    .filter(({ size }) => size > LIMITS.subjectColumns);
}

/** The lines of each folder with all that is in it, two levels deep and in the order of their names. */
function roomsOf(files: readonly { readonly file: string; readonly lines: number }[]): Entry[] {
  const sizes = new Map<string, number>();
  for (const { file, lines } of files) {
    const folders = file.split('/').slice(0, -1);
    const depth = folders[0] === 'test' ? 1 : 3;
    for (let level = 1; level <= Math.min(folders.length, depth); level++) {
      const room = folders.slice(0, level).join('/');
      sizes.set(room, (sizes.get(room) ?? 0) + lines);
    }
  }
  return [...sizes]
    .map(([what, size]) => ({ what, size, isBroken: false }))
    .sort((a, b) => (a.what < b.what ? -1 : 1));
}

/** How many imports lead from one room to another. */
function arrowsOf(imports: readonly Import[]): Entry[] {
  const arrows = new Map<string, Entry>();
  for (const each of imports) {
    const [from, to] = [roomOf(each.from), roomOf(each.to)];
    if (from === to) continue;
    const what = `${from} -> ${to}`;
    const { size = 0, isBroken = false } = arrows.get(what) ?? {};
    arrows.set(what, { what, size: size + 1, isBroken: isBroken || isUpward(each) });
  }
  return [...arrows.values()].sort((a, b) => (a.what < b.what ? -1 : 1));
}

function roomOf(path: string): string {
  const folders = path.split('/').slice(0, -1);
  return folders.slice(0, folders[0] === 'lib' || folders[0] === 'functions' ? 2 : 1).join('/');
}
