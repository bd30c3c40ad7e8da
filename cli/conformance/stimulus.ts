import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { CliError } from '../errors.ts';

/** A command of a profile ends within this time, in ms. */
const TIMEOUT_MS = 60_000;

/** Runs a command of a profile, without a shell. @throws CliError with what it printed when it fails */
export function stimulusOf(command: readonly string[] | undefined): (() => Promise<void>) | undefined {
  if (command === undefined) return undefined;
  const [program = '', ...args] = command;
  return async () => {
    try {
      await promisify(execFile)(program, args, { timeout: TIMEOUT_MS });
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new CliError(`the command of the profile failed: ${reason}`, { cause });
    }
  };
}
