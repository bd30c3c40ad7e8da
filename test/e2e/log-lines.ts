import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LocalSystem } from '../../local/system.ts';

/** A line of a log as it stands there, and the file that has it. */
export interface LogLine extends Readonly<Record<string, unknown>> {
  readonly log: string;
  readonly message: string;
  readonly timestamp: string;
}

/**
 * The lines of JSON that the parts of a local system have written so far, in the order of their times;
 * embedded metrics are left out.
 */
export function logLinesOf({ logFolder }: LocalSystem): readonly LogLine[] {
  const lines = readdirSync(logFolder).flatMap((file) =>
    readFileSync(join(logFolder, file), 'utf8')
      .split('\n')
      .flatMap((line) => {
        const parsed = parseLine(line);
        return parsed?.message === undefined
          ? []
          : [{ ...parsed, log: file.replace(/\.log$/, '') } as LogLine];
      }),
  );
  return lines.sort((one, other) => one.timestamp.localeCompare(other.timestamp));
}

function parseLine(line: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
