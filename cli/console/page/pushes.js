// All pushes of the last 90 days.
import { html } from '/vendor/lit-html.js';
import { get } from './api.js';
import { pager, section } from './parts.js';
import { pushTable } from './push-table.js';

/** @type {import('./main.js').NewPage} */
export function pushesPage(_app, _params, query) {
  const after = query.get('after') ?? undefined;
  return {
    title: 'Pushes',
    load: async (signal) => ({
      underWay: await get('/api/pushes?which=under-way', signal),
      all: await get(
        `/api/pushes?which=all${after === undefined ? '' : `&after=${encodeURIComponent(after)}`}`,
        signal,
      ),
    }),
    everyMs: ({ underWay }) => (underWay.rows.length > 0 ? 2000 : 10_000),
    view: ({ underWay, all }) => html`
      ${section('Under way', pushTable('Pushes under way', underWay.rows, 'No push is under way.'))}
      ${section(
        'Last 90 days',
        html`${pushTable('Pushes of the last 90 days, the latest first', all.rows, 'There was no push.')}
        ${pager('/pushes', after, all.next)}`,
      )}
    `,
  };
}
