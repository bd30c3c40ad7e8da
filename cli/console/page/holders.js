// Who lacks an MSK, who has it, and a push to whoever lacks it.
import { html, nothing } from '/vendor/lit-html.js';
import { get, post } from './api.js';
import { code, counted, number, reasonText, time } from './format.js';
import { button, facts, keyGroupLink, outcomeBar, section, state, table, ues } from './parts.js';

/** @typedef {import('../views.ts').HoldersView} HoldersView */
/** @typedef {NonNullable<HoldersView['result']>} Result */

/** States of a UE that has the MSK as far as can be known, with their words. */
const HAS_IT = new Map([
  ['verified', 'confirmed the MSK'],
  ['sent', 'were sent it, and asked for no confirmation'],
]);
/** More are pushed to as a whole Key Group. */
const MAX_LISTED = 5000;
/** UEs that one event names. */
const UES_PER_PUSH = 500;

/** @type {import('./main.js').NewPage} */
export function holdersPage(app, [keyDomainId = '', mskId = ''], query) {
  const path = `/api/holders/${encodeURIComponent(keyDomainId)}/${encodeURIComponent(mskId)}`;
  const show = query.get('show') ?? 'missing';
  const from = Number(query.get('from') ?? 0);
  /** @type {number | undefined} */
  let again;
  /** @type {HoldersView | undefined} */
  let shown;
  const readAgain = () => {
    again = shown?.result?.readAt;
    void app.reload();
  };
  return {
    title: `Who lacks MSK ${mskId}`,
    async load(signal) {
      const about = new URLSearchParams({
        show,
        from: String(from),
        ...(again === undefined ? {} : { again: String(again) }),
      });
      shown = await get(`${path}?${about}`, signal);
      again = undefined;
      return shown;
    },
    everyMs: ({ reading }) => (reading === undefined ? undefined : 500),
    view: (holders) => view(app, holders, { path, show, readAgain }),
  };
}

/**
 * @typedef {object} Context
 * @property {string} path
 * @property {string} show
 * @property {() => void} readAgain
 */

/**
 * @param {import('./main.js').App} app
 * @param {HoldersView} holders
 * @param {Context} context
 */
function view(app, holders, context) {
  const { keyDomainId, mskId, result, reading } = holders;
  return html`
    ${facts([
      ['MSK', code(mskId)],
      ['Key Group', keyGroupLink(keyDomainId, mskId.slice(0, 4))],
      ['As of', result === undefined ? '–' : time(result.readAt)],
      ['Reading', reading === undefined ? 'done' : state('under-way', `${ues(reading)} read`)],
    ])}
    ${result === undefined ? html`<p class="empty">The ledger of this MSK is read…</p>` : read(app, holders, result, context)}
  `;
}

/**
 * @param {import('./main.js').App} app
 * @param {HoldersView} holders
 * @param {Result} result
 * @param {Context} context
 */
function read(app, holders, result, context) {
  const { counts, missing } = result;
  const { verified = 0, sent = 0, ...others } = counts;
  return html`
    ${outcomeBar({ verified, sent, failed: failedOf(others), waiting: waitingOf(others) }, 'Who has the MSK')}
    <div class="buttons">
      ${button({
        text:
          missing === 0
            ? 'Nobody lacks it'
            : `Push to ${missing > MAX_LISTED ? 'the Key Group' : `the ${ues(missing)} that lack it`}…`,
        isMain: true,
        isDisabled: app.isReadOnly || missing === 0 || !holders.canPush,
        act: () => askToPush(app, holders, result, context),
      })}
      ${button({ text: 'Read again', isDisabled: holders.reading !== undefined, act: context.readAgain })}
      ${holders.canPush ? nothing : html`<span class="none">It is neither the current MSK nor a prepared one, and is not pushed.</span>`}
    </div>
    ${section('By state', stateTable(holders, result, context))}
    ${section(headingOf(context.show), list(holders, result, context))}
  `;
}

/** @param {Record<string, number>} others */
function waitingOf({ pending = 0, 'not-sent-yet': notSent = 0 }) {
  return pending + notSent;
}

/** @param {Record<string, number>} others */
function failedOf({ pending: _, 'not-sent-yet': __, ...failed }) {
  return failed;
}

/** @param {string} show */
function headingOf(show) {
  if (show === 'missing') return 'UEs that lack it';
  return show === 'all' ? 'All UEs' : `UEs: ${show}`;
}

/**
 * @param {HoldersView} holders
 * @param {Result} result
 * @param {Context} context
 */
function stateTable(holders, { counts, missing }, { show }) {
  const states = Object.entries(counts).sort(([, one], [, other]) => other - one);
  const all = states.reduce((sum, [, count]) => sum + count, 0);
  /** @type {[string, number][]} */
  const rows = [['missing', missing], ...states, ['all', all]];
  return table({
    caption: 'UEs by what the ledger knows of them and this MSK',
    rows: all === 0 ? [] : rows,
    empty: 'Nobody is registered to the User Services of this Key Group, and nobody was sent this MSK.',
    columns: [
      { head: 'State', isHead: true, cell: ([word]) => stateLink(holders, word, show) },
      { head: 'Means', cell: ([word]) => meaning(word) },
      { head: 'UEs', isNumber: true, cell: ([, count]) => number(count) },
    ],
  });
}

/** @param {string} word */
function meaning(word) {
  if (word === 'missing') return 'all that are not known to have it';
  if (word === 'all') return 'all that are registered or were sent it';
  return HAS_IT.get(word) ?? reasonText(word);
}

/**
 * @param {HoldersView} holders
 * @param {string} word
 * @param {string} show
 */
function stateLink({ keyDomainId, mskId }, word, show) {
  const href = `#/holders/${keyDomainId}/${mskId}?show=${encodeURIComponent(word)}`;
  return html`<a href=${href} aria-current=${word === show ? 'true' : nothing}>${code(word)}</a>`;
}

/**
 * @param {HoldersView} holders
 * @param {Result} result
 * @param {Context} context
 */
function list({ keyDomainId, mskId }, { rows, from, of, perPage }, { show }) {
  const here = `#/holders/${keyDomainId}/${mskId}?show=${encodeURIComponent(show)}`;
  const end = from + rows.length;
  return html`
    ${table({
      caption: headingOf(show),
      rows,
      empty: state('good', show === 'missing' ? 'Nobody lacks this MSK.' : 'There is no such UE.'),
      columns: [
        {
          head: 'Subscriber',
          isHead: true,
          cell: ({ impi }) => html`<a href="#/subscribers/${encodeURIComponent(impi)}">${code(impi)}</a>`,
        },
        {
          head: 'State',
          cell: ({ state: word }) =>
            HAS_IT.has(word) ? state('good', word) : state(isIdle(word) ? 'idle' : 'bad', word),
        },
      ],
    })}
    ${
      of <= rows.length
        ? nothing
        : html`<nav class="pager" aria-label="Pages">
          <span>${number(from + 1)} to ${number(end)} of ${number(of)}</span>
          ${from === 0 ? nothing : html`<a href="${here}&from=${Math.max(0, from - perPage)}">Previous page</a>`}
          ${end >= of ? nothing : html`<a href="${here}&from=${end}">Next page</a>`}
        </nav>`
    }
  `;
}

/** @param {string} word */
function isIdle(word) {
  return word === 'pending' || word === 'not-sent-yet';
}

/**
 * @param {import('./main.js').App} app
 * @param {HoldersView} holders
 * @param {Result} result
 * @param {Context} context
 */
function askToPush(app, { mskId }, { missing, readAt }, { path }) {
  const isGroup = missing > MAX_LISTED;
  const pushes = Math.ceil(missing / UES_PER_PUSH);
  const target = isGroup ? { allHolders: true } : { missingAt: readAt };
  app.ask({
    title: isGroup ? 'Push to the whole Key Group?' : `Push MSK ${mskId} to ${ues(missing)}?`,
    text: isGroup
      ? html`<p>${ues(missing)} lack it, too many to list them: all UEs of the Key Group are sent it.</p>`
      : html`<p>
          ${pushes === 1 ? 'One push lists them' : `${counted(pushes, 'push', 'pushes')} list them`}. UEs without a valid
          association or an address fail again.
        </p>`,
    yes: 'Push',
    act: async () => {
      const { pushIds } = await post(`${path}/push`, { target });
      app.notify(`${counted(pushIds.length, 'push', 'pushes')} asked for.`);
      app.go(pushIds.length === 1 ? `/pushes/${encodeURIComponent(pushIds[0])}` : '/pushes');
    },
  });
}
