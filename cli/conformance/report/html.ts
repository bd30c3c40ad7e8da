import type { Outcome, Result, TraceLine } from '../requirement.ts';
import { RESULTS, type Run } from './describe.ts';
import { escaped } from './xml-text.ts';

/** What a result is called as a class of CSS. */
const CLASS: Readonly<Record<Result, string>> = {
  pass: 'pass',
  fail: 'fail',
  warn: 'warn',
  'not applicable': 'na',
};

const STYLE = `
:root { color-scheme: light dark; --bg: #fff; --fg: #1d2329; --soft: #5b6670; --line: #dfe4e8; --card: #f6f8fa;
  --pass: #1a7f4b; --fail: #c2322b; --warn: #9a6700; --na: #6b7680; }
@media (prefers-color-scheme: dark) { :root { --bg: #14181c; --fg: #e6eaed; --soft: #9aa5ae; --line: #2d353c;
  --card: #1c2227; --pass: #4cc38a; --fail: #ff7b72; --warn: #e0b341; --na: #8b97a1; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--bg); color: var(--fg); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 62rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
h1 { font-size: 1.5rem; margin: 0 0 .25rem; } h2 { font-size: 1.05rem; margin: 2.25rem 0 .5rem; }
p { margin: .25rem 0; } .soft { color: var(--soft); }
.bar { display: flex; height: .7rem; border-radius: .35rem; overflow: hidden; margin: 1.25rem 0 .75rem; gap: 2px; }
.bar i { display: block; } .bar .pass { background: var(--pass); } .bar .fail { background: var(--fail); }
.bar .warn { background: var(--warn); } .bar .na { background: var(--na); }
.counts { display: flex; flex-wrap: wrap; gap: .5rem 1.75rem; list-style: none; padding: 0; margin: 0; }
.counts b { font-size: 1.35rem; margin-right: .35rem; font-variant-numeric: tabular-nums; }
.counts .pass b { color: var(--pass); } .counts .fail b { color: var(--fail); }
.counts .warn b { color: var(--warn); } .counts .na b { color: var(--na); }
details { border: 1px solid var(--line); border-radius: .4rem; margin: .35rem 0; background: var(--card); }
summary { cursor: pointer; padding: .5rem .75rem; display: grid; gap: .75rem; align-items: baseline;
  grid-template-columns: 6.5rem 1fr auto; }
summary::-webkit-details-marker { display: none; }
summary:focus-visible { outline: 2px solid var(--fg); outline-offset: 2px; border-radius: .4rem; }
.mark { font-weight: 600; } .mark.pass { color: var(--pass); } .mark.fail { color: var(--fail); }
.mark.warn { color: var(--warn); } .mark.na { color: var(--na); }
code { font: .85em ui-monospace, monospace; } summary code { color: var(--soft); }
.inner { padding: 0 .75rem .75rem; } pre { overflow-x: auto; background: var(--bg); border: 1px solid var(--line);
  border-radius: .3rem; padding: .6rem; font: .8rem/1.45 ui-monospace, monospace; margin: .4rem 0; }
pre::before { content: attr(data-direction); display: block; color: var(--soft); }
@media (max-width: 40rem) { summary { grid-template-columns: 1fr; gap: .1rem; } }
@media print { details:not([open]) > .inner { display: none; } }
`;

/** A run as one page, without scripts and without anything from elsewhere: what failed is open. */
export function htmlOf(run: Run): string {
  const { subject, version, startedAt, durationMs, outcomes } = run;
  const clauses = [...new Set(outcomes.map(({ requirement }) => requirement.clause))];
  const title = escaped(`Conformance of ${subject}`);
  const when = `${new Date(startedAt).toISOString()}, ${(durationMs / 1000).toFixed(1)} s, suite ${version}`;
  const bar = RESULTS.map(
    (result) => `<i class="${CLASS[result]}" style="flex:${countOf(outcomes, result)}"></i>`,
  );
  const counts = RESULTS.map(
    (result) => `<li class="${CLASS[result]}"><b>${countOf(outcomes, result)}</b>${result}</li>`,
  );
  const sections = clauses.map((clause) => sectionOf(clause, outcomes));
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title><style>${STYLE}</style></head>
<body><main><h1>${title}</h1><p class="soft">${escaped(when)}</p>
<div class="bar" role="img" aria-label="${escaped(labelOf(outcomes))}">${bar.join('')}</div>
<ul class="counts">${counts.join('')}</ul>
<p class="soft">V: read in the standard; V2: in a text that restates it; D: derived; M: from memory. What breaks a
requirement that is not V or V2 is a warning. Digests, keys and what they encrypt are blanked.</p>
${sections.join('\n')}
</main></body></html>
`;
}

function sectionOf(clause: string, outcomes: readonly Outcome[]): string {
  const own = outcomes.filter(({ requirement }) => requirement.clause === clause);
  return `<section><h2>${escaped(clause)}</h2>${own.map(detailsOf).join('\n')}</section>`;
}

function detailsOf({ requirement, result, seen, trace }: Outcome): string {
  const { id, asked, certainty, level } = requirement;
  const isOpen = result === 'fail' ? ' open' : '';
  return `<details id="${escaped(id)}"${isOpen}><summary><span class="mark ${CLASS[result]}">${result}</span>
<span>${escaped(asked)}</span><code>${escaped(id)}</code></summary><div class="inner">
<p>${escaped(seen)} <span class="soft">(${level}, ${certainty})</span></p>${traceOf(trace)}</div></details>`;
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
