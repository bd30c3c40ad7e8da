/** Exit codes of the command line; 0 is: done. */
export const EXIT = { failed: 1, usage: 2, partly: 3 } as const;

/** A command that can't be done; the message is for the person at the terminal. */
export class CliError extends Error {
  override readonly name: string = 'CliError';
  readonly exitCode: number = EXIT.failed;
  readonly code: string = 'failed';
}

/** A command that is written wrongly: nothing was done. */
export class UsageError extends CliError {
  override readonly name = 'UsageError';
  override readonly exitCode = EXIT.usage;
  override readonly code = 'usage';
}
