import { Command } from 'commander';
import { withSmoke } from '../commands/smoke.ts';
import { asksForJson, WITHOUT_KEYS, WITHOUT_KEYS_AS_JSON } from '../output.ts';
import { runProgram } from '../run-program.ts';

// In a clone; in the package it is `bmsc smoke`.
const isJson = asksForJson(process.argv);
const program = withSmoke(
  new Command('npm run smoke --')
    .exitOverride()
    .configureOutput(isJson ? WITHOUT_KEYS_AS_JSON : WITHOUT_KEYS),
).addHelpText(
  'after',
  '\nExample:\n  npm run smoke -- --url https://d111111abcdef8.cloudfront.net/keymanagement',
);
await runProgram('smoke', isJson, () => program.parseAsync());
