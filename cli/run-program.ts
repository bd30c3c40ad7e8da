import { CommanderError } from 'commander';
import { explainRefusal } from './aws-refusal.ts';
import { CliError, EXIT } from './errors.ts';

/**
 * Runs a program, and reports an error of it on standard error, with `isJson` as one object. Sets the exit
 * code.
 */
export async function runProgram(name: string, isJson: boolean, run: () => Promise<unknown>): Promise<void> {
  try {
    await run();
  } catch (error) {
    if (error instanceof CommanderError) {
      // Commander has printed its message, and help that was asked for.
      process.exitCode = error.exitCode === 0 ? 0 : EXIT.usage;
      return;
    }
    const refusal = explainRefusal(error);
    const code = refusal?.code ?? (error instanceof CliError ? error.code : 'failed');
    const message = refusal?.message ?? (error instanceof Error ? error.message : String(error));
    process.stderr.write(
      `${isJson ? JSON.stringify({ error: { code, message } }) : `${name}: ${message}`}\n`,
    );
    process.exitCode = error instanceof CliError ? error.exitCode : EXIT.failed;
  }
}
