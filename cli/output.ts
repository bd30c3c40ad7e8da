import type { OutputConfiguration } from 'commander';

/** How a command tells what it did: one readable line, or one JSON object a line. */
export type Say = (text: string, facts: Readonly<Record<string, unknown>>) => void;

/** Writes to standard output; with `json` the facts, else the text. */
export function sayer(json: boolean | undefined): Say {
  return (text, facts) => void process.stdout.write(`${json ? JSON.stringify(facts) : text}\n`);
}

/**
 * What commander says of wrong arguments repeats them, and a key may stand where none belongs: as many digits as
 * half of the shortest key has are not repeated.
 */
export const WITHOUT_KEYS: OutputConfiguration = {
  outputError: (text, write) => write(text.replace(/[0-9a-f]{16,}/gi, '…')),
};
