import { writeFileSync } from 'node:fs';
import { CliError, EXIT } from '../../errors.ts';
import { colour, createPrint } from '../../output.ts';
import type { Outcome, Result } from '../requirement.ts';
import { countsLine, fieldsOf, type Run, summaryOf } from './describe.ts';
import { htmlOf } from './html.ts';
import { junitOf } from './junit.ts';

/** Where a run is written to, besides standard output. */
export interface ReportOptions {
  readonly json?: boolean;
  readonly junit?: string;
  readonly html?: string;
  /** Whether a warning fails the run. */
  readonly strict?: boolean;
}

const COLOUR = { pass: 'good', fail: 'bad', warn: 'warning', 'not applicable': 'minor' } as const;
const WIDTH = 'not applicable'.length;

/** Prints an outcome as it comes: a line for a person, or one JSON object. */
export function printOutcome({ json }: ReportOptions, outcome: Outcome): void {
  const { requirement, result, seen } = outcome;
  const mark = colour(COLOUR[result], result.padEnd(WIDTH));
  const line = `${mark}  ${requirement.id.padEnd(30)}  ${requirement.clause.padEnd(24)}  `;
  createPrint(json)(
    `${line}${result === 'pass' ? requirement.asked : `${requirement.asked} ${seen}`}`,
    fieldsOf(outcome),
  );
}

/** Prints the counts, writes the files that are asked for, and sets the exit code. @throws CliError */
export function finishReport(options: ReportOptions, run: Run): void {
  createPrint(options.json)(`\n${countsLine(run.outcomes)}`, summaryOf(run));
  if (options.junit !== undefined) write(options.junit, junitOf(run));
  if (options.html !== undefined) write(options.html, htmlOf(run));
  const bad: readonly Result[] = options.strict === true ? ['fail', 'warn'] : ['fail'];
  process.exitCode = run.outcomes.some(({ result }) => bad.includes(result)) ? EXIT.failed : 0;
}

function write(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (cause) {
    throw new CliError(`the report was not written: ${cause instanceof Error ? cause.message : cause}`, {
      cause,
    });
  }
}
