// All Key Groups, each with the life line of its MSKs.
import { html } from '/vendor/lit-html.js';
import { get } from './api.js';
import { code, relative } from './format.js';
import { shortLifeLine } from './life-line.js';
import { holdersLink, keyGroupLink, pager, table } from './parts.js';

/** @typedef {import('../views.ts').KeyGroupRow} KeyGroupRow */

/** @type {import('./main.js').NewPage} */
export function keyGroupsPage(_app, _params, query) {
  const after = query.get('after') ?? undefined;
  return {
    title: 'Key Groups',
    load: (signal) =>
      get(`/api/key-groups${after === undefined ? '' : `?after=${encodeURIComponent(after)}`}`, signal),
    everyMs: () => 15_000,
    view: ({ rows, next, now }) => html`${keyGroupTable(rows, now)} ${pager('/key-groups', after, next)}`,
  };
}

/**
 * @param {readonly KeyGroupRow[]} rows
 * @param {number} now
 */
export function keyGroupTable(rows, now) {
  return table({
    caption: 'Key Groups',
    rows,
    empty: html`There is no Key Group: <code>bmsc provision service</code> makes one.`,
    columns: [
      {
        head: 'Key Group',
        isHead: true,
        cell: ({ keyDomainId, keyGroup }) => keyGroupLink(keyDomainId, keyGroup),
      },
      {
        head: 'User Services',
        cell: ({ services }) => services.join(', ') || html`<span class="none">none</span>`,
      },
      { head: 'Current MSK', cell: currentMsk },
      { head: 'Life line', isWide: true, cell: (group) => shortLifeLine(group, now) },
      { head: 'Next', cell: (group) => next(group, now) },
    ],
  });
}

/** @param {KeyGroupRow} group */
function currentMsk({ keyDomainId, msks }) {
  const current = msks.find(({ state }) => state === 'current');
  return current === undefined
    ? html`<span class="none">none</span>`
    : holdersLink(keyDomainId, current.mskId);
}

/**
 * @param {KeyGroupRow} group
 * @param {number} now
 */
function next({ activateAt, schedule }, now) {
  if (activateAt !== undefined) return `activation ${relative(activateAt, now)}`;
  if (schedule === undefined) return html`<span class="none">by request</span>`;
  return schedule.nextAt === undefined
    ? code(schedule.expression)
    : `rotation ${relative(schedule.nextAt, now)}`;
}
