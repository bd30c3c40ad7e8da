/** The style of the page, for screens of any width, light and dark, and for paper. */
export const STYLE = `
:root { color-scheme: light dark; --bg: #fff; --fg: #1d2329; --soft: #56616b; --line: #dfe4e8; --card: #f6f8fa;
  --pass: #17714a; --fail: #b3261e; --warn: #8a5d00; --na: #5f6a74; }
@media (prefers-color-scheme: dark) { :root { --bg: #14181c; --fg: #e6eaed; --soft: #a2adb6; --line: #2d353c;
  --card: #1c2227; --pass: #4cc38a; --fail: #ff8a80; --warn: #e0b341; --na: #97a3ad; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--bg); color: var(--fg); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 .25rem; overflow-wrap: anywhere; }
h2 { display: flex; flex-wrap: wrap; gap: 0 .6rem; align-items: baseline; font-size: 1.05rem; margin: 2rem 0 .4rem; }
h2 small { font-weight: 400; font-size: .85rem; color: var(--soft); }
p { margin: .25rem 0; } a { color: inherit; } .soft { color: var(--soft); }
.verdict { font-size: 1.15rem; font-weight: 600; margin: 1rem 0 0; }
.bar { display: flex; height: .6rem; border-radius: .3rem; overflow: hidden; margin: .75rem 0; gap: 2px; }
.bar i { display: block; background: var(--own); }
.pass { --own: var(--pass); } .fail { --own: var(--fail); } .warn { --own: var(--warn); } .na { --own: var(--na); }
.counts { display: flex; flex-wrap: wrap; gap: .4rem; margin: 0 0 1rem; padding: 0; border: 0; }
.counts input { position: absolute; opacity: 0; }
.counts label { border: 1px solid var(--line); border-radius: 1rem; padding: .15rem .75rem; cursor: pointer; }
.counts label b { color: var(--own, var(--fg)); font-variant-numeric: tabular-nums; }
.counts input:checked + label { background: var(--card); border-color: var(--own, var(--fg)); }
.counts input:focus-visible + label { outline: 2px solid var(--fg); outline-offset: 2px; }
main:has(#only-fail:checked) details:not(.fail), main:has(#only-warn:checked) details:not(.warn),
main:has(#only-na:checked) details:not(.na), main:has(#only-pass:checked) details:not(.pass) { display: none; }
main:has(#only-fail:checked) section:not(:has(details.fail)),
main:has(#only-warn:checked) section:not(:has(details.warn)),
main:has(#only-na:checked) section:not(:has(details.na)),
main:has(#only-pass:checked) section:not(:has(details.pass)) { display: none; }
section > div { border: 1px solid var(--line); border-radius: .4rem; overflow: hidden; }
details + details { border-top: 1px solid var(--line); } details[open] { background: var(--card); }
summary { cursor: pointer; padding: .4rem .75rem; display: grid; gap: .1rem .75rem; align-items: baseline;
  grid-template-columns: 1.1rem 1fr 11.5rem; }
summary:hover { background: var(--card); }
summary::-webkit-details-marker { display: none; }
summary:focus-visible { outline: 2px solid var(--fg); outline-offset: -2px; }
.mark { font-weight: 700; color: var(--own); } summary .clause { color: var(--soft); font-size: .85rem; }
.fail .asked, .warn .asked { font-weight: 600; }
.seen { grid-column: 2 / -1; color: var(--own); font-size: .9rem; }
code { font: .85em ui-monospace, monospace; }
.inner { padding: 0 .75rem .75rem 2.6rem; font-size: .9rem; }
pre { overflow-x: auto; background: var(--bg); border: 1px solid var(--line); border-radius: .3rem; padding: .6rem;
  font: .8rem/1.45 ui-monospace, monospace; margin: .4rem 0; white-space: pre-wrap; overflow-wrap: anywhere; }
pre::before { content: attr(data-direction); display: block; color: var(--soft); }
footer { margin-top: 2rem; border-top: 1px solid var(--line); padding-top: .75rem; font-size: .9rem; }
@media (max-width: 40rem) { main { padding: 1.25rem .75rem 3rem; } summary { grid-template-columns: 1.1rem 1fr; }
  summary .clause { grid-column: 2; } .inner { padding-left: .75rem; } }
@media print { .counts { display: none; } details:not([open]) > .inner { display: none; } body { font-size: 11px; } }
`;
