import { mkdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import manifest from '../../package.json' with { type: 'json' };
import { sectionOf } from './changelog.ts';
import { makeRelease } from './make.ts';
import { obstaclesTo, readReleaseState } from './obstacles.ts';

const { destination, dryRun, repository } = new Command('npm run release --')
  .description('make all that a release publishes; .github/workflows/release.yml publishes it')
  .option('--destination <folder>', 'where it goes; is emptied before', '.local/release')
  .option('--repository <url>', 'where the sources are published, for the package’s provenance')
  .option('--dry-run', 'make it although something stands against publishing it, and say what')
  .parse()
  .opts<{ destination: string; dryRun?: boolean; repository?: string }>();

const { name, version } = manifest;
const state = readReleaseState(version);
const obstacles = obstaclesTo(state);
for (const obstacle of obstacles) process.stderr.write(`release: ${obstacle}\n`);
if (obstacles.length > 0 && !dryRun) process.exitCode = 1;
else {
  rmSync(destination, { recursive: true, force: true });
  mkdirSync(destination, { recursive: true });
  const notes = sectionOf(state.changelog, version) ?? sectionOf(state.changelog, 'Unreleased') ?? '';
  for (const file of await makeRelease({ name, version, notes, repository, destination }))
    process.stdout.write(`${String(statSync(join(destination, file)).size).padStart(9)}  ${file}\n`);
}
