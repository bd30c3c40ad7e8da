// All User Services and the Key Groups whose MSKs protect them.
import { html } from '/vendor/lit-html.js';
import { get } from './api.js';
import { code, numberSoFar } from './format.js';
import { keyGroupLink, pager, table } from './parts.js';

/** @type {import('./main.js').NewPage} */
export function servicesPage(_app, _params, query) {
  const after = query.get('after') ?? undefined;
  return {
    title: 'User Services',
    load: (signal) =>
      get(`/api/services${after === undefined ? '' : `?after=${encodeURIComponent(after)}`}`, signal),
    // A count that is not there yet is there soon.
    everyMs: ({ rows }) => (rows.some(isCounting) ? 2000 : undefined),
    view: ({ rows, next }) => html`${serviceTable(rows)} ${pager('/services', after, next)}`,
  };
}

/** @param {import('../views.ts').ServiceRow} row */
function isCounting({ registered }) {
  return registered === undefined;
}

/** @param {readonly import('../views.ts').ServiceRow[]} rows */
function serviceTable(rows) {
  return table({
    caption: 'User Services',
    rows,
    empty: html`There is no User Service: <code>bmsc provision service</code> makes one.`,
    columns: [
      { head: 'User Service', isHead: true, cell: ({ serviceId }) => code(serviceId) },
      {
        head: 'Key Groups',
        cell: ({ keyGroups }) =>
          keyGroups.map(
            ({ keyDomainId, keyGroup }) => html`<div>${keyGroupLink(keyDomainId, keyGroup)}</div>`,
          ),
      },
      { head: 'Registered UEs', isNumber: true, cell: ({ registered }) => numberSoFar(registered) },
    ],
  });
}
