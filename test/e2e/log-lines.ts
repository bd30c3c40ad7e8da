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
export function logLinesOf(system: LocalSystem): readonly LogLine[] {
  const lines = jsonLinesOf(system).filter((line): line is LogLine => typeof line.message === 'string');
  return lines.sort((one, other) => one.timestamp.localeCompare(other.timestamp));
}

function parseLine(line: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** The embedded metrics of one Key Domain that the parts of a local system have written, sums by name. */
export function keyDomainMetricsOf(system: LocalSystem, keyDomain: string): Readonly<Record<string, number>> {
  const sums: Record<string, number> = {};
  for (const line of jsonLinesOf(system)) {
    if (line.keyDomain !== keyDomain) continue;
    const { CloudWatchMetrics } = line._aws as {
      CloudWatchMetrics: { Dimensions: string[][]; Metrics: { Name: string }[] }[];
    };
    for (const { Dimensions, Metrics } of CloudWatchMetrics) {
      if (!Dimensions[0]?.includes('keyDomain')) continue;
      for (const { Name } of Metrics) sums[Name] = (sums[Name] ?? 0) + Number(line[Name]);
    }
  }
  return sums;
}

function jsonLinesOf({ logFolder }: LocalSystem): (Record<string, unknown> & { readonly log: string })[] {
  return readdirSync(logFolder).flatMap((file) =>
    readFileSync(join(logFolder, file), 'utf8')
      .split('\n')
      .flatMap((line) => {
        const parsed = parseLine(line);
        return parsed === undefined ? [] : [{ ...parsed, log: file.replace(/\.log$/, '') }];
      }),
  );
}
