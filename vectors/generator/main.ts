import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { VECTORS, vectorFiles } from './files.ts';

const { check } = new Command('npm run vectors --')
  .description('make the files of the test vectors')
  .option('--check', 'write nothing, and end with code 1 if a file is not current')
  .parse()
  .opts<{ check?: boolean }>();

let stale = 0;
for (const [name, text] of vectorFiles()) {
  const path = join(VECTORS, name);
  const isCurrent = existsSync(path) && readFileSync(path, 'utf8') === text;
  if (!isCurrent) stale++;
  if (check && !isCurrent) process.stdout.write(`vectors/${name} is not current: npm run vectors\n`);
  if (!check) writeFileSync(path, text);
}
if (check && stale > 0) process.exitCode = 1;
