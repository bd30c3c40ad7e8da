// All User Services and the Key Groups whose MSKs protect them.
import { html } from '/vendor/lit-html.js';
import { get } from './api.js';
import { code, number } from './format.js';
import { keyGroupLink, pager, table } from './parts.js';

/** @type {import('./main.js').NewPage} */
export function servicesPage(_app, _params, query) {
  const after = query.get('after') ?? undefined;
  return {
    title: 'User Services',
    load: (signal) =>
      get(`/api/services${after === undefined ? '' : `?after=${encodeURIComponent(after)}`}`, signal),
    view: ({ rows, next }) => html`${serviceTable(rows)} ${pager('/services', after, next)}`,
  };
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
      { head: 'Registered UEs', isNumber: true, cell: ({ registered }) => number(registered) },
    ],
  });
}
