// Pushes in a list.
import { html } from '/vendor/lit-html.js';
import { code, duration, number, percent, time } from './format.js';
import { holdersLink, keyGroupLink, outcomeBar, state, sumOf, table } from './parts.js';

/** @typedef {import('../views.ts').PushRow} PushRow */

/**
 * What a push has come to, in a word.
 * @param {PushRow} push
 */
export function pushState(push) {
  const { completedAt, cancelledAt, failed, verified, sent, share } = push;
  if (cancelledAt !== undefined) return state('bad', 'cancelled');
  if (completedAt === undefined) return state('under-way', `under way, ${percent(share)}`);
  if (verified + sent === 0) return state('bad', 'reached nobody');
  return sumOf(failed) > 0 ? state('partly', 'partly done') : state('good', 'done');
}

/**
 * @param {string} caption
 * @param {readonly PushRow[]} rows
 * @param {string} empty
 */
export function pushTable(caption, rows, empty) {
  return table({
    caption,
    rows,
    empty,
    columns: [
      {
        head: 'Started',
        isHead: true,
        cell: (push) => html`<a href=${hrefOf(push)}>${time(push.startedAt)}</a>`,
      },
      { head: 'MSK', cell: mskOf },
      { head: 'Key Group', cell: ({ keyDomainId, mskId }) => keyGroupLink(keyDomainId, mskId.slice(0, 4)) },
      { head: 'For', cell: ({ source }) => source },
      { head: 'State', cell: pushState },
      { head: 'Outcome', isWide: true, cell: (push) => outcomeBar(push) },
      { head: 'Reached', isNumber: true, cell: ({ verified, sent }) => number(verified + sent) },
      { head: 'Failed', isNumber: true, cell: ({ failed }) => number(sumOf(failed)) },
      { head: 'Took', isNumber: true, cell: took },
    ],
  });
}

/** @param {PushRow} push */
function hrefOf({ pushId }) {
  return `#/pushes/${encodeURIComponent(pushId)}`;
}

/** @param {PushRow} push */
function mskOf({ kind, keyDomainId, mskId }) {
  return kind === 'msk' ? holdersLink(keyDomainId, mskId) : html`${code(mskId.slice(0, 4))} solicited pull`;
}

/** @param {PushRow} push */
function took({ startedAt, completedAt }) {
  return completedAt === undefined ? '–' : duration(completedAt - startedAt);
}
