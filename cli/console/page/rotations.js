// What happens to Key Groups by itself, and when.
import { html, nothing } from '/vendor/lit-html.js';
import { get } from './api.js';
import { code, relative, time } from './format.js';
import { keyGroupLink, state, table } from './parts.js';

/** @typedef {import('../views.ts').RotationRow} RotationRow */

/** @type {import('./main.js').NewPage} */
export function rotationsPage() {
  return {
    title: 'Rotations',
    load: (signal) => get('/api/rotations', signal),
    everyMs: () => 10_000,
    view: ({ rows, isCut, now }) => html`
      ${rotationTable(rows, now)}
      ${isCut ? html`<p class="none">Only the first Key Groups are looked at.</p>` : nothing}
    `,
  };
}

/**
 * @param {readonly RotationRow[]} rows
 * @param {number} now
 */
export function rotationTable(rows, now) {
  return table({
    caption: 'Rotations, the next first',
    rows,
    empty: html`No rotation is scheduled: <code>bmsc set schedule</code> sets one.`,
    columns: [
      {
        head: 'Key Group',
        isHead: true,
        cell: ({ keyDomainId, keyGroup }) => keyGroupLink(keyDomainId, keyGroup),
      },
      {
        head: 'What',
        cell: ({ mskId }) => (mskId === undefined ? 'the next MSK' : html`${code(mskId)} becomes current`),
      },
      {
        head: 'At',
        cell: ({ at }) => (at === undefined ? html`<span class="none">by its cron</span>` : time(at)),
      },
      { head: 'State', cell: (row) => rotationState(row, now) },
      { head: 'Schedule', cell: ({ schedule }) => (schedule === undefined ? 'by request' : code(schedule)) },
    ],
  });
}

/**
 * @param {RotationRow} row
 * @param {number} now
 */
function rotationState({ at, isOverdue, mskId }, now) {
  if (at === undefined) return state('idle', 'scheduled');
  if (isOverdue) return state('bad', `overdue, ${relative(at, now)}`);
  return state(mskId === undefined ? 'idle' : 'under-way', at < now ? 'in a moment' : relative(at, now));
}
