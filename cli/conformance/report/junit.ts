import type { Outcome } from '../requirement.ts';
import { countsOf } from '../run.ts';
import type { Run } from './describe.ts';
import { escaped } from './xml-text.ts';

/** A run as JUnit XML, which build servers read: a warning passes, and says so in system-out. */
export function junitOf({ subject, outcomes, durationMs, startedAt }: Run): string {
  const { fail, notApplicable } = countsOf(outcomes);
  const time = (durationMs / 1000).toFixed(3);
  const attributes = [
    `name="${escaped(`conformance of ${subject}`)}"`,
    `tests="${outcomes.length}" failures="${fail}" skipped="${notApplicable}" errors="0"`,
    `time="${time}" timestamp="${new Date(startedAt).toISOString()}"`,
  ].join(' ');
  const cases = outcomes.map(caseOf).join('\n');
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuite ${attributes}>\n${cases}\n</testsuite>\n`;
}

function caseOf({ requirement, result, seen, trace }: Outcome): string {
  const { id, clause, asked } = requirement;
  const start = `  <testcase classname="${escaped(clause)}" name="${escaped(`${id}: ${asked}`)}"`;
  if (result === 'pass') return `${start}/>`;
  if (result === 'not applicable') return `${start}><skipped message="${escaped(seen)}"/></testcase>`;
  const lines = escaped(trace.map(({ direction, text }) => `${direction}:\n${text}`).join('\n\n'));
  if (result === 'warn')
    return `${start}><system-out>${escaped(`warning: ${seen}`)}\n${lines}</system-out></testcase>`;
  return `${start}><failure message="${escaped(seen)}">${lines}</failure></testcase>`;
}
