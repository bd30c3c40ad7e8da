/** How a command tells what it did: one readable line, or one JSON object a line. */
export type Say = (text: string, facts: Readonly<Record<string, unknown>>) => void;

/** Writes to standard output; with `json` the facts, else the text. */
export function sayer(json: boolean | undefined): Say {
  return (text, facts) => void process.stdout.write(`${json ? JSON.stringify(facts) : text}\n`);
}
