import type { Outcome, Result } from '../requirement.ts';
import { type Counts, countsOf } from '../run.ts';

/** A whole run, for a report. */
export interface Run {
  /** What was tested: a URL, or what a UE calls itself. */
  readonly subject: string;
  readonly version: string;
  /** ms since the epoch. */
  readonly startedAt: number;
  readonly durationMs: number;
  readonly outcomes: readonly Outcome[];
}

/** What programs read of an outcome. */
export function fieldsOf({ requirement, result, seen, trace }: Outcome): Readonly<Record<string, unknown>> {
  const { id, clause, certainty, asked, level } = requirement;
  return { id, result, clause, certainty, level, asked, seen, ...(result === 'pass' ? {} : { trace }) };
}

/** The last object of the JSON output. */
export function summaryOf({
  subject,
  version,
  outcomes,
  durationMs,
}: Run): Counts & Readonly<Record<string, unknown>> {
  return { ...countsOf(outcomes), requirements: outcomes.length, subject, version, durationMs };
}

/** The order in which a person looks at results. */
export const RESULTS: readonly Result[] = ['fail', 'warn', 'not applicable', 'pass'];

/** The counts in one line. */
export function countsLine(outcomes: readonly Outcome[]): string {
  const { pass, fail, warn, notApplicable } = countsOf(outcomes);
  return `${pass} pass, ${fail} fail, ${warn} warn, ${notApplicable} not applicable`;
}
