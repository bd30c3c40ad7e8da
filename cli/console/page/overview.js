// What an operator sees first.
import { html } from '/vendor/lit-html.js';
import { get } from './api.js';
import { code, network, number } from './format.js';
import { keyGroupTable } from './key-groups.js';
import { facts, figures, section, state } from './parts.js';
import { pushTable } from './push-table.js';
import { rotationTable } from './rotations.js';

/** @typedef {import('../views.ts').OverviewView} Overview */

/** @type {import('./main.js').NewPage} */
export function overviewPage() {
  /** @type {{ readAt: number, page: any } | undefined} */
  let groups;
  return {
    title: 'Overview',
    async load(signal) {
      if (groups === undefined || Date.now() - groups.readAt > KEY_GROUPS_KEPT_MS)
        groups = { readAt: Date.now(), page: await get('/api/key-groups', signal) };
      return { overview: await get('/api/overview', signal), groups: groups.page };
    },
    everyMs: ({ overview }) => (overview.underWay.length > 0 ? 2000 : 5000),
    view: ({ overview, groups: { rows, now } }) => view(overview, rows.slice(0, KEY_GROUPS), now),
  };
}

/** Key Groups on the overview, and how long they are not read again, in ms: they change seldom. */
const KEY_GROUPS = 6;
const KEY_GROUPS_KEPT_MS = 30_000;

/**
 * @param {Overview} overview
 * @param {readonly import('../views.ts').KeyGroupRow[]} groups
 * @param {number} groupsAt
 */
function view(overview, groups, groupsAt) {
  const { work, underWay, latest, rotations, now } = overview;
  const overdue = rotations.filter(({ isOverdue }) => isOverdue).length;
  const deadLetters = work.deadLetters + work.ruleDeadLetters;
  return html`
    ${health(overview)}
    ${figures([
      {
        term: 'Pushes under way',
        value: number(underWay.length),
        note: html`<a href="#/pushes">all pushes</a>`,
      },
      { term: 'Work waiting', value: number(work.waiting), note: `${number(work.inFlight)} in work` },
      {
        term: 'Dead letters',
        value: number(deadLetters),
        note: html`<a href="#/dead-letters">${deadLetters === 0 ? 'none to look at' : 'look at them'}</a>`,
        tone: deadLetters > 0 ? 'failed' : '',
      },
      {
        term: 'Rotations due',
        value: number(rotations.length),
        note: html`<a href="#/rotations">${overdue === 0 ? 'none overdue' : `${number(overdue)} overdue`}</a>`,
        tone: overdue > 0 ? 'failed' : '',
      },
    ])}
    ${section('Pushes under way', pushTable('Pushes under way', underWay, 'No push is under way.'))}
    ${section('Key Groups', keyGroupTable(groups, groupsAt), html`<a href="#/key-groups">All Key Groups</a>`)}
    ${section('Latest pushes', pushTable('The latest pushes', latest, 'There was no push in the last 90 days.'))}
    ${section('Next rotations', rotationTable(rotations, now), html`<a href="#/rotations">All rotations</a>`)}
    ${section('This deployment', deployment(overview))}
  `;
}

/** @param {Overview} overview */
function health({ problems }) {
  if (problems.length === 0) return html`<p class="health">${state('good', 'Nothing waits for you.')}</p>`;
  return html`<ul class="health">
    ${problems.map(({ text, page }) => html`<li>${state('bad', page ? html`<a href="#${page}">${text}</a>` : text)}</li>`)}
  </ul>`;
}

/** @param {Overview} overview */
function deployment({ deployment, isReadOnly }) {
  const { stack, endpoint, keyManagementUrl, keyDomains } = deployment;
  return facts([
    ['Stack', code(stack)],
    ...(endpoint === undefined ? [] : [/** @type {const} */ (['Endpoint', code(endpoint)])]),
    ['Key management URL', code(keyManagementUrl)],
    ['Key Domains', keyDomains === undefined ? 'any' : keyDomains.map(network).join(', ')],
    ...(isReadOnly ? [/** @type {const} */ (['Console', 'read-only'])] : []),
  ]);
}
