import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Command } from 'commander';
import { derivationFiles } from './derivation.ts';
import { ROOT, vectorFiles } from './files.ts';

const { check } = new Command('npm run vectors --')
  .description('make the test vectors, and the page that derives messages of theirs by hand')
  .option('--check', 'write nothing, and end with code 1 if a file is not current')
  .parse()
  .opts<{ check?: boolean }>();

let stale = 0;
for (const [name, text] of [...vectorFiles(), ...derivationFiles()]) {
  const path = join(ROOT, name);
  const isCurrent = existsSync(path) && readFileSync(path, 'utf8') === text;
  if (!isCurrent) stale++;
  if (check && !isCurrent) process.stdout.write(`${name} is not current: npm run vectors\n`);
  if (check) continue;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
if (check && stale > 0) process.exitCode = 1;
