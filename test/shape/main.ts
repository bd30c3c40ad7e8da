import { Command } from 'commander';
import { type Entry, LIMITS, type Shape, shapeOfRepository } from './shape.ts';

const { check, since, top } = new Command('npm run shape --')
  .description('list the longest functions, files and comment lines, the rooms and the arrows between them')
  .option('--check', 'list only what breaks a limit, and end with code 1 if anything does')
  .option('--since <commit>', 'list also the long subjects of the commits after this one')
  .option('--top <count>', 'how many of a list are shown', '10')
  .parse()
  .opts<{ check?: boolean; since?: string; top: string }>();

const { functionLines, fileLines, commentColumns, subjectColumns } = LIMITS;
const TITLES: Readonly<Record<keyof Shape, string>> = {
  functions: `lines of functions, at most ${functionLines} in the product`,
  files: `lines of files, at most ${fileLines}`,
  comments: `comment lines over ${commentColumns} columns`,
  subjects: `subjects of commits over ${subjectColumns} columns`,
  rooms: 'lines of rooms',
  arrows: 'imports from room to room; none may go up',
};

const shape = shapeOfRepository(since);
let broken = 0;
for (const [name, entries] of Object.entries(shape) as [keyof Shape, readonly Entry[]][]) {
  const bad = entries.filter(({ isBroken }) => isBroken);
  broken += bad.length;
  if (check) print(TITLES[name], bad);
  else if (name === 'rooms' || name === 'arrows') print(TITLES[name], entries);
  else print(`${TITLES[name]} (${bad.length} broken)`, entries.slice(0, Number(top)));
}
if (check && broken > 0) process.exitCode = 1;

function print(title: string, entries: readonly Entry[]): void {
  if (entries.length === 0 && check) return;
  process.stdout.write(`${title}\n`);
  for (const { what, size, isBroken } of entries)
    process.stdout.write(`${String(size).padStart(7)}  ${what}${isBroken && !check ? '  !' : ''}\n`);
}
