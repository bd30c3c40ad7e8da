/** A command that can't be done; the message is for the person at the terminal. */
export class CliError extends Error {
  override readonly name = 'CliError';
}
