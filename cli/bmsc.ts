import { createProgram } from './program.ts';
import { runProgram } from './run-program.ts';

const isJson = process.argv.includes('--json');
await runProgram('bmsc', isJson, () => createProgram(isJson).parseAsync());
