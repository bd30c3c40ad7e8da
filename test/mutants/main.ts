import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { EXPLAINED } from './explained.ts';
import { GUARDED } from './guarded.ts';
import { type Mutant, survivorsOf } from './survivors.ts';

/**
 * `npm run mutants [-- --json] [FILE ...]`: changes each file that guards keys in every way that StrykerJS
 * knows, one way at a time, and runs the tests that should notice. Ends with code 1 when a change survives
 * that nobody has explained.
 */
const args = process.argv.slice(2);
const isJson = args.includes('--json');
const only = args.filter((arg) => !arg.startsWith('--'));
const FOLDER = import.meta.dirname;
const ROOT = join(FOLDER, '../..');

if (!existsSync(join(FOLDER, 'node_modules')))
  execFileSync('npm', ['ci', '--ignore-scripts'], { cwd: FOLDER, stdio: 'ignore' });
const { Stryker } = await import(
  pathToFileURL(join(FOLDER, 'node_modules/@stryker-mutator/core/dist/src/index.js')).href
);
process.chdir(ROOT);

const mutants: Mutant[] = [];
for (const { files, tests } of GUARDED) {
  const chosen = only.length === 0 ? files : files.filter((file) => only.some((each) => file.includes(each)));
  if (chosen.length === 0) continue;
  process.env.BMSC_MUTANT_TESTS = tests.join(',');
  const found: Mutant[] = await new Stryker({
    mutate: [...chosen],
    testRunner: 'vitest',
    plugins: [join(FOLDER, 'node_modules/@stryker-mutator/vitest-runner/dist/src/index.js')],
    vitest: { configFile: 'test/mutants/vitest.config.ts', related: false },
    // Messages for people are not what guards a key.
    mutator: { excludedMutations: ['StringLiteral'] },
    // Node strips types by itself, and TypeScript 7 has no API for Stryker's checks.
    disableTypeChecks: false,
    tsconfigFile: 'none',
    ignorePatterns: ['cdk.out', '.local', 'docs'],
    tempDirName: '.local/mutants',
    concurrency: 2,
    reporters: isJson ? [] : ['progress'],
    fileLogLevel: 'off',
    logLevel: 'error',
    allowConsoleColors: false,
  }).runMutationTest();
  mutants.push(...found);
}

const { total, killed, survived } = survivorsOf(mutants, EXPLAINED, ROOT);
if (!isJson)
  for (const { file, line, original, replacement, why } of survived)
    process.stdout.write(`${file}:${line}: ${original} -> ${replacement}: ${why ?? 'NOT EXPLAINED'}\n`);
process.stdout.write(`${JSON.stringify({ total, killed, survived })}\n`);
process.exit(survived.every(({ why }) => why !== undefined) ? 0 : 1);
