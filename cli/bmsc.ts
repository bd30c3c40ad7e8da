#!/usr/bin/env node
import { asksForJson } from './output.ts';
import { createProgram } from './program.ts';
import { runProgram } from './run-program.ts';

const isJson = asksForJson(process.argv);
await runProgram('bmsc', isJson, () => createProgram(isJson).parseAsync());
