import type { Certainty, Outcome, Result, TraceLine } from '../requirement.ts';
import { type Area, areasOf } from './areas.ts';
import { RESULTS, type Run } from './describe.ts';
import { STYLE } from './style.ts';
import { escaped } from './xml-text.ts';

/** What a result is called as a class of CSS, the mark in front of a row, and how it is counted. */
const CLASS = { pass: 'pass', fail: 'fail', warn: 'warn', 'not applicable': 'na' } as const;
const MARK: Readonly<Record<Result, string>> = { pass: '✓', fail: '✗', warn: '!', 'not applicable': '–' };
const COUNTED: Readonly<Record<Result, string>> = {
  fail: 'failed',
  warn: 'warned',
  'not applicable': 'not seen',
  pass: 'passed',
};

const CERTAINTY: Readonly<Record<Certainty, string>> = {
  V: 'read in the standard (V)',
  V2: 'read in a text that restates the standard (V2)',
  D: 'derived from what was read (D)',
  'M-hi': 'remembered, with some confidence (M-hi)',
  'M-lo': 'remembered, with little confidence (M-lo)',
};

/** A run as one page, without scripts and without anything from elsewhere: what failed is open. */
export function htmlOf(run: Run): string {
  const { subject, version, startedAt, durationMs, outcomes } = run;
  const title = escaped(`Conformance of ${subject}`);
  const time = new Date(startedAt)
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, ' UTC');
  const when = `${time} · ${(durationMs / 1000).toFixed(0)} s · suite ${version} · TS 33.246, and what it rests on`;
  const bar = RESULTS.filter((result) => countOf(outcomes, result) > 0).map(
    (result) => `<i class="${CLASS[result]}" style="flex:${countOf(outcomes, result)}"></i>`,
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title><style>${STYLE}</style></head>
<body><main><h1>${title}</h1><p class="soft">${escaped(when)}</p>
<p class="verdict">${escaped(verdictOf(outcomes))}</p>
<div class="bar" role="img" aria-label="${escaped(labelOf(outcomes))}">${bar.join('')}</div>
${filterOf(outcomes)}
${areasOf(outcomes).map(sectionOf).join('\n')}
<footer class="soft"><p>A requirement that nobody here could read in the standard, or in a text that restates it,
warns where it is not met: it may be that the suite is wrong. Not seen: an option is off, or the profile lacks what it
takes. Digests, keys and what they encrypt are blanked.</p></footer>
</main></body></html>
`;
}

function verdictOf(outcomes: readonly Outcome[]): string {
  const [fail, warn, unseen, pass] = RESULTS.map((result) => countOf(outcomes, result));
  const some = fail === 0 ? 'Nothing failed' : `${fail} of ${outcomes.length} requirements failed`;
  const warned = warn === 0 ? '' : `, ${warn} warned`;
  const left = unseen === 0 ? '' : `; ${unseen} could not be seen`;
  return `${some}${warned}: ${pass} passed${left}.`;
}

/** Buttons that leave one result on the page: by CSS, for there are no scripts. */
function filterOf(outcomes: readonly Outcome[]): string {
  const button = (id: string, own: string, count: number, text: string, isChecked: boolean) =>
    `<input type="radio" name="only" id="only-${id}"${isChecked ? ' checked' : ''}><label for="only-${id}" ` +
    `class="${own}"><b>${count}</b> ${text}</label>`;
  const buttons = RESULTS.map((result) =>
    button(CLASS[result], CLASS[result], countOf(outcomes, result), COUNTED[result], false),
  );
  const all = button('all', '', outcomes.length, 'requirements', true);
  return `<fieldset class="counts" aria-label="What is shown">${[all, ...buttons].join('\n')}</fieldset>`;
}

function sectionOf({ title, outcomes }: Area): string {
  const counts = RESULTS.filter((result) => countOf(outcomes, result) > 0).map(
    (result) => `${countOf(outcomes, result)} ${COUNTED[result]}`,
  );
  const heading = `<h2>${escaped(title)} <small>${counts.join(', ')}</small></h2>`;
  return `<section>${heading}<div>${outcomes.map(detailsOf).join('\n')}</div></section>`;
}

function detailsOf({ requirement, result, seen, trace }: Outcome): string {
  const { id, asked, certainty, level, clause } = requirement;
  const isOpen = result === 'fail' ? ' open' : '';
  const shown = result === 'pass' ? '' : `<span class="seen">${escaped(seen)}</span>`;
  return `<details id="${escaped(id)}" class="${CLASS[result]}"${isOpen}><summary><span class="mark" role="img"
aria-label="${result}">${MARK[result]}</span><span class="asked">${escaped(asked)}</span>
<span class="clause">${escaped(clause)}</span>${shown}</summary><div class="inner">
<p><code>${escaped(id)}</code> · a ${level} · ${CERTAINTY[certainty]}</p>
${result === 'pass' ? `<p>Seen: ${escaped(seen)}</p>` : ''}${traceOf(trace)}</div></details>`;
}

/** Lines of a trace that the page has at most: the last ones. */
const MAX_TRACE = 8;

function traceOf(trace: readonly TraceLine[]): string {
  const left = trace.length - MAX_TRACE;
  const note = left > 0 ? `<p class="soft">${left} earlier messages are left out.</p>` : '';
  const lines = trace.slice(-MAX_TRACE).map(({ direction, text }) => {
    return `<pre data-direction="${direction}">${escaped(text)}</pre>`;
  });
  return note + lines.join('');
}

function countOf(outcomes: readonly Outcome[], result: Result): number {
  return outcomes.filter((each) => each.result === result).length;
}

function labelOf(outcomes: readonly Outcome[]): string {
  return RESULTS.map((result) => `${countOf(outcomes, result)} ${result}`).join(', ');
}
