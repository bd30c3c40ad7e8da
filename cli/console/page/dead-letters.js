// Messages that could not be carried out, and what becomes of them.
import { html, nothing } from '/vendor/lit-html.js';
import { get, post } from './api.js';
import { code, counted, number, time } from './format.js';
import { button, state, table } from './parts.js';

/** @typedef {import('../views.ts').DeadLetterRow} DeadLetterRow */

/** @type {import('./main.js').NewPage} */
export function deadLettersPage(app) {
  /** @type {Set<string>} */
  const chosen = new Set();
  return {
    title: 'Dead letters',
    load: (signal) => get('/api/dead-letters', signal),
    view: (letters) => view(app, letters, chosen),
  };
}

/**
 * @param {import('./main.js').App} app
 * @param {{ rows: readonly DeadLetterRow[], count: number }} letters
 * @param {Set<string>} chosen
 */
function view(app, { rows, count }, chosen) {
  return html`
    <p class="lead">
      Requests that were refused, or that failed again and again. Redrive them once their cause is mended; a request
      that was refused is refused again. Each reading raises their receive counts, so this page is read by hand.
    </p>
    <div class="buttons">
      ${button({ text: 'Read again', act: () => void app.reload() })}
      ${button({
        text: chosen.size === 0 ? 'Redrive' : `Redrive ${number(chosen.size)}…`,
        isMain: true,
        isDisabled: app.isReadOnly || chosen.size === 0,
        act: () => ask(app, 'redrive', chosen),
      })}
      ${button({
        text: chosen.size === 0 ? 'Discard' : `Discard ${number(chosen.size)}…`,
        isDisabled: app.isReadOnly || chosen.size === 0,
        act: () => ask(app, 'discard', chosen),
      })}
      ${
        rows.length === 0
          ? nothing
          : button({
              text: chosen.size === rows.length ? 'Choose none' : 'Choose all',
              act: () => chooseAll(app, rows, chosen),
            })
      }
    </div>
    ${letterTable(app, rows, chosen)}
    ${count > rows.length ? html`<p class="none">${number(rows.length)} of ${number(count)} are listed.</p>` : nothing}
  `;
}

/**
 * @param {import('./main.js').App} app
 * @param {readonly DeadLetterRow[]} rows
 * @param {Set<string>} chosen
 */
function letterTable(app, rows, chosen) {
  return table({
    caption: 'Dead letters, the latest first',
    rows,
    empty: state('good', 'There is no dead letter.'),
    columns: [
      { head: 'Choose', cell: (row) => checkbox(app, row, chosen) },
      { head: 'Request', isHead: true, cell: ({ detailType }) => detailType },
      { head: 'Sent', cell: ({ sentAt }) => time(sentAt) },
      { head: 'Why', cell: why },
      { head: 'Received', isNumber: true, cell: ({ receiveCount }) => `${number(receiveCount)} ×` },
      { head: 'Event ID', cell: ({ eventId }) => (eventId === undefined ? '–' : code(eventId)) },
    ],
  });
}

/**
 * @param {import('./main.js').App} app
 * @param {DeadLetterRow} row
 * @param {Set<string>} chosen
 */
function checkbox(app, { id, detailType, eventId }, chosen) {
  const toggle = () => {
    if (!chosen.delete(id)) chosen.add(id);
    app.update();
  };
  return html`<input type="checkbox" .checked=${chosen.has(id)} @change=${toggle}
    aria-label=${`${detailType} ${eventId ?? id}`}>`;
}

/** @param {DeadLetterRow} row */
function why({ reason, message }) {
  if (reason === undefined) return html`<span class="none">failed each time; the log has the reason</span>`;
  return html`${code(reason)}${message === undefined ? nothing : html` ${message}`}`;
}

/**
 * @param {import('./main.js').App} app
 * @param {readonly DeadLetterRow[]} rows
 * @param {Set<string>} chosen
 */
function chooseAll(app, rows, chosen) {
  if (chosen.size === rows.length) chosen.clear();
  else for (const { id } of rows) chosen.add(id);
  app.update();
}

/**
 * @param {import('./main.js').App} app
 * @param {'redrive' | 'discard'} action
 * @param {Set<string>} chosen
 */
function ask(app, action, chosen) {
  const letters = counted(chosen.size, 'dead letter');
  const isRedrive = action === 'redrive';
  app.ask({
    title: `${isRedrive ? 'Redrive' : 'Discard'} ${letters}?`,
    text: isRedrive
      ? html`<p>They go back to the queue, or to the bus, and are tried again.</p>`
      : html`<p>They are deleted, and what they asked for does not happen.</p>`,
    yes: isRedrive ? 'Redrive' : 'Discard',
    act: async () => {
      const { done } = await post('/api/dead-letters', { action, ids: [...chosen] });
      chosen.clear();
      app.notify(`${counted(done, 'dead letter')} ${isRedrive ? 'redriven' : 'discarded'}.`);
      await app.reload();
    },
  });
}
