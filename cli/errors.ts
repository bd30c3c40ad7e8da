/** Exit codes of the command line; 0 is: done. */
export const EXIT = { failed: 1, usage: 2, partly: 3 } as const;

/** A command that can't be done; the message is for the person at the terminal. */
export class CliError extends Error {
  override readonly name: string = 'CliError';
  readonly exitCode: number = EXIT.failed;
  /** For programs: in the error that `--json` prints. */
  readonly code: string = 'failed';
}

/** A command that is written wrongly: nothing was done. */
export class UsageError extends CliError {
  override readonly name = 'UsageError';
  override readonly exitCode = EXIT.usage;
  override readonly code = 'usage';
}

/** A request that was refused, here or by the BM-SC; `code` is the reason that its refusal on the bus has. */
export class RefusedError extends CliError {
  override readonly name = 'RefusedError';
  override readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** A command that was done in part. */
export class PartlyError extends CliError {
  override readonly name = 'PartlyError';
  override readonly exitCode = EXIT.partly;
  override readonly code = 'partly';
}
