import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compileAssembly, readAssembly } from './compile.ts';
import { MODULE_NAME } from './load.ts';

/** Writes the module into the folder that the command line names, beside what is bundled there. */
const [, , folder = '.'] = process.argv;
writeFileSync(join(folder, MODULE_NAME), await compileAssembly(readAssembly()));
