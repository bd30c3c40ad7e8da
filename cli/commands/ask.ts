import { createInterface } from 'node:readline/promises';
import { CliError, UsageError } from '../errors.ts';

/** Whether a command may do what it asks about without asking. */
export interface YesOption {
  readonly yes?: boolean;
}

/** As commander's `option` takes it. */
export const YES_OPTION = ['--yes', 'do it without asking'] as const;

/**
 * Asks before something is lost, and names what goes with it. `--yes` answers.
 * @throws CliError when the answer is no; UsageError where nobody is at a terminal to be asked
 */
export async function confirm(what: string, { yes }: YesOption): Promise<void> {
  if (yes === true) return;
  if (process.stdin.isTTY !== true)
    throw new UsageError(`nobody is at a terminal to be asked: give --yes to ${what}`);
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(`${what}? [y/N] `);
    if (!/^y(es)?$/i.test(answer.trim())) throw new CliError('nothing was changed');
  } finally {
    terminal.close();
  }
}
