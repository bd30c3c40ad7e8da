// Parts that several pages are made of.
import { html, nothing, svg } from '/vendor/lit-html.js';
import { code, counted, network, number } from './format.js';

/** @typedef {import('/vendor/lit-html.js').TemplateResult} Template */

/**
 * A column of a table.
 * @template Row
 * @typedef {object} Column
 * @property {string} head
 * @property {(row: Row) => unknown} cell
 * @property {boolean} [isNumber] aligned at its end
 * @property {boolean} [isHead] names the row
 * @property {boolean} [isWide] takes all of a card's width
 */

/**
 * A table that becomes a list of cards where the screen is narrow. Its roles are written out: browsers forget
 * them when a table is laid out otherwise.
 * @template Row
 * @param {object} about
 * @param {string} about.caption read out, and not shown
 * @param {readonly Column<Row>[]} about.columns
 * @param {readonly Row[]} about.rows
 * @param {unknown} about.empty shown instead when there is no row
 */
export function table({ caption, columns, rows, empty }) {
  if (rows.length === 0) return html`<p class="empty">${empty}</p>`;
  return html`<table role="table">
    <caption class="unseen">${caption}</caption>
    <thead role="rowgroup">
      <tr role="row">
        ${columns.map(
          ({ head, isNumber }) =>
            html`<th role="columnheader" scope="col" class=${isNumber ? 'number' : ''}>${head}</th>`,
        )}
      </tr>
    </thead>
    <tbody role="rowgroup">
      ${rows.map((row) => html`<tr role="row">${columns.map((column) => cell(column, row))}</tr>`)}
    </tbody>
  </table>`;
}

/**
 * @template Row
 * @param {Column<Row>} column
 * @param {Row} row
 */
function cell({ head, cell, isNumber, isHead, isWide }, row) {
  const kind = `${isNumber ? 'number' : ''} ${isWide ? 'wide' : ''}`;
  const label = html`<span class="label" aria-hidden="true">${head}</span>`;
  return isHead
    ? html`<th role="rowheader" scope="row" class=${kind}>${label}<span class="value">${cell(row)}</span></th>`
    : html`<td role="cell" class=${kind}>${label}<span class="value">${cell(row)}</span></td>`;
}

/**
 * A part of a page with a heading of its own.
 * @param {string} heading
 * @param {unknown} content
 * @param {unknown} [aside] beside the heading
 */
export function section(heading, content, aside = nothing) {
  return html`<section>
    <header class="section-head"><h2>${heading}</h2>${aside}</header>
    ${content}
  </section>`;
}

/**
 * Facts, each a term and its value.
 * @param {readonly (readonly [term: string, value: unknown])[]} pairs
 */
export function facts(pairs) {
  return html`<dl class="facts">
    ${pairs.map(([term, value]) => html`<div><dt>${term}</dt><dd>${value}</dd></div>`)}
  </dl>`;
}

/**
 * Numbers that are seen first.
 * @param {readonly { term: string, value: unknown, note?: unknown, tone?: string }[]} figures
 */
export function figures(figures) {
  return html`<dl class="figures">
    ${figures.map(
      ({ term, value, note, tone = '' }) =>
        html`<div class=${tone}>
          <dt>${term}</dt>
          <dd><span class="big">${value}</span>${note === undefined ? nothing : html`<span class="note">${note}</span>`}</dd>
        </div>`,
    )}
  </dl>`;
}

/**
 * A word with a mark whose colour says the same.
 * @param {'good' | 'partly' | 'bad' | 'under-way' | 'idle'} tone
 * @param {unknown} text
 */
export function state(tone, text) {
  return html`<span class="state ${tone}"><span class="mark" aria-hidden="true"></span>${text}</span>`;
}

/** @param {Readonly<Record<string, number>>} failed */
export function sumOf(failed) {
  return Object.values(failed).reduce((sum, count) => sum + count, 0);
}

/**
 * One bar with a part for each kind of outcome, and the same as text.
 * @param {import('../views.ts').OutcomeCounts & { readonly waiting: number }} counts
 * @param {string} [label] names it where the numbers do not stand beside it
 */
export function outcomeBar({ verified, sent, failed, waiting }, label) {
  const failures = sumOf(failed);
  const parts = /** @type {const} */ ([
    ['verified', verified],
    ['sent', sent],
    ['failed', failures],
    ['waiting', waiting],
  ]);
  const widths = widthsOf(parts.map(([, count]) => count));
  const rects = parts.map(([kind, count], index) => {
    const x = widths.slice(0, index).reduce((sum, width) => sum + width, 0);
    return count === 0
      ? nothing
      : svg`<rect class=${kind} x=${x} y="0" width=${widths[index]} height="10"></rect>`;
  });
  const text = parts.filter(([, count]) => count > 0).map(([kind, count]) => `${number(count)} ${kind}`);
  const alternative = `${label === undefined ? '' : `${label}: `}${text.join(', ') || 'no UE'}`;
  return html`<svg class="outcome-bar" viewBox="0 0 100 10" preserveAspectRatio="none" role="img"
    aria-label=${alternative}>${rects}</svg>`;
}

/**
 * Widths of the parts of a bar, in percent: what is there is seen, however few UEs it is.
 * @param {readonly number[]} counts
 */
function widthsOf(counts) {
  const all = Math.max(
    1,
    counts.reduce((sum, count) => sum + count, 0),
  );
  const least = counts.map((count) => (count === 0 ? 0 : Math.max(1.5, (count / all) * 100)));
  const sum = least.reduce((total, width) => total + width, 0);
  return least.map((width) => (sum === 0 ? 0 : (width / sum) * 100));
}

/**
 * A link to a Key Group: its network and its number.
 * @param {string} keyDomainId
 * @param {string} keyGroup
 */
export function keyGroupLink(keyDomainId, keyGroup) {
  return html`<a href="#/key-groups/${keyDomainId}/${keyGroup}"
    >${code(`${network(keyDomainId)}/${keyGroup}`)}</a>`;
}

/**
 * A link to who has an MSK and who lacks it.
 * @param {string} keyDomainId
 * @param {string} mskId
 * @param {unknown} [text]
 */
export function holdersLink(keyDomainId, mskId, text = code(mskId)) {
  return html`<a href="#/holders/${keyDomainId}/${mskId}">${text}</a>`;
}

/**
 * Links to the first and to the next page of a list.
 * @param {string} here the page's own address, without the query
 * @param {string | undefined} after where this page begins
 * @param {string | undefined} next where the next one does
 */
export function pager(here, after, next) {
  if (after === undefined && next === undefined) return nothing;
  return html`<nav class="pager" aria-label="Pages">
    ${after === undefined ? nothing : html`<a href="#${here}">First page</a>`}
    ${next === undefined ? nothing : html`<a href="#${here}?after=${encodeURIComponent(next)}">Next page</a>`}
  </nav>`;
}

/**
 * @param {object} about
 * @param {unknown} about.text
 * @param {() => void} about.act
 * @param {boolean} [about.isMain]
 * @param {boolean} [about.isDisabled]
 * @param {string} [about.label] where the text alone does not say what it is about
 */
export function button({ text, act, isMain = false, isDisabled = false, label }) {
  return html`<button type="button" class=${isMain ? 'main' : ''} ?disabled=${isDisabled} @click=${act}
    aria-label=${label ?? nothing}>${text}</button>`;
}

/** @param {number} count */
export function ues(count) {
  return counted(count, 'UE');
}
