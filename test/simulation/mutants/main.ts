import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { KNOWN_BUGS } from './known-bugs.ts';

/**
 * `npm run simulate-faults:known-bugs [-- NAME ...]`: puts each known bug back, runs seeds from 1 until one
 * finds it, and prints the table of docs/simulation.md. Exit code 1: one was not found.
 */
const MOST_SEEDS = 100;
const run = promisify(execFile);
const FOLDER = import.meta.dirname;

interface Found {
  readonly seeds: number;
  readonly finding: string | undefined;
}

async function find(name: string): Promise<Found> {
  const args = ['--import', join(FOLDER, 'put-back.ts'), join(FOLDER, '../main.ts')];
  const options = ['--first', '1', '--seeds', String(MOST_SEEDS), '--until-failure', '--json'];
  const env = { ...process.env, BMSC_KNOWN_BUG: name };
  const { stdout } = await run(process.execPath, [...args, ...options], { env }).catch(
    (error: { stdout: string }) => error,
  );
  const { seeds, failures } = JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
  return { seeds, finding: failures[0]?.findings[0] };
}

const only = process.argv.slice(2);
let isComplete = true;
for (const { name, about } of KNOWN_BUGS.filter((bug) => only.length === 0 || only.includes(bug.name))) {
  const { seeds, finding } = await find(name);
  isComplete &&= finding !== undefined;
  process.stdout.write(
    `| ${name} | ${about} | ${finding === undefined ? `none of ${seeds}` : seeds} | ${finding ?? ''} |\n`,
  );
}
process.exit(isComplete ? 0 : 1);
