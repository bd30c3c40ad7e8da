import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from '../root.ts';
import { installTool } from './install.ts';

// Biome has 64 MB, which `npm ci` leaves to those who write code: it is installed when it first runs.
const program = join(installTool('biome'), '@biomejs/biome/bin/biome');
const { status } = spawnSync(process.execPath, [program, ...process.argv.slice(2)], {
  cwd: ROOT,
  stdio: 'inherit',
});
process.exitCode = status ?? 1;
