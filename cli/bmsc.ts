import { CommanderError } from 'commander';
import { CliError, EXIT } from './errors.ts';
import { createProgram } from './program.ts';

const isJson = process.argv.includes('--json');

/** Prints an error to standard error: with `--json` as one object. */
function report(code: string, message: string): void {
  const line = isJson ? JSON.stringify({ error: { code, message } }) : `bmsc: ${message}`;
  process.stderr.write(`${line}\n`);
}

try {
  await createProgram(isJson).parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // Commander has printed its message, and help that was asked for.
    process.exitCode = error.exitCode === 0 ? 0 : EXIT.usage;
  } else {
    report(
      error instanceof CliError ? error.code : 'failed',
      error instanceof Error ? error.message : String(error),
    );
    process.exitCode = error instanceof CliError ? error.exitCode : EXIT.failed;
  }
}
