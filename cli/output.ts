import type { OutputConfiguration } from 'commander';

/** Prints what a command did: one readable line, or one JSON object a line. */
export type Print = (text: string, fields: Readonly<Record<string, unknown>>) => void;

/** Prints to standard output: with `json` the fields, else the text. */
export function createPrint(json: boolean | undefined): Print {
  return (text, fields) => void process.stdout.write(`${json ? JSON.stringify(fields) : text}\n`);
}

/**
 * Commander's messages about wrong arguments repeat them, and an argument may be a key in the wrong position:
 * a run of 16 hexadecimal digits or more, half of the shortest key, is not repeated.
 */
export const WITHOUT_KEYS: OutputConfiguration = {
  outputError: (text, write) => write(withoutKeys(text)),
};

/** The same as one JSON object. */
export const WITHOUT_KEYS_AS_JSON: OutputConfiguration = {
  outputError: (text, write) => {
    const message = withoutKeys(text.trim().replace(/^error: /, ''));
    write(`${JSON.stringify({ error: { code: 'usage', message } })}\n`);
  },
};

function withoutKeys(text: string): string {
  return text.replace(/[0-9a-f]{16,}/gi, '…');
}
