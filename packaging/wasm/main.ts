import { readFileSync, writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { compileAssembly, readAssembly } from './compile.ts';
import { digestOfSources, MODULE, SOURCES_DIGEST } from './module.ts';

const { check } = new Command('npm run wasm --')
  .description('compile lib/native/wasm into lib/native/module/msk-messages.wasm')
  .option('--check', 'write nothing, and end with code 1 unless the file is what the sources compile to')
  .parse()
  .opts<{ check?: boolean }>();

const compiled = await compileAssembly(readAssembly());
if (check) {
  if (!readFileSync(MODULE).equals(compiled)) {
    process.stderr.write('msk-messages.wasm is not what lib/native/wasm compiles to: npm run wasm\n');
    process.exitCode = 1;
  }
} else {
  writeFileSync(MODULE, compiled);
  writeFileSync(SOURCES_DIGEST, `${digestOfSources()}\n`);
}
