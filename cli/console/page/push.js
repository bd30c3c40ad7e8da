// One push, while it runs and after.
import { html, nothing } from '/vendor/lit-html.js';
import { get, post } from './api.js';
import { code, duration, network, number, percent, rate, reasonText, relative, time } from './format.js';
import {
  button,
  facts,
  figures,
  holdersLink,
  keyGroupLink,
  outcomeBar,
  section,
  state,
  sumOf,
  table,
} from './parts.js';
import { pushPlot } from './push-plot.js';
import { pushState } from './push-table.js';

/** @typedef {import('../views.ts').PushView} PushView */

/** Shares of a push that a screen reader is told: a number each second would drown all else. */
const MILESTONES = [0.25, 0.5, 0.75, 1];
/** A sender takes a push up within seconds; after this long, in ms, it is worth a word. */
const LONG_MS = 15_000;

/** @type {import('./main.js').NewPage} */
export function pushPage(app, [pushId = '']) {
  const openedAt = Date.now();
  /** @type {number | undefined} */
  let told;
  return {
    title: 'Push',
    titleOf: ({ kind, mskId = '' }) =>
      kind === 'solicited-pull' ? 'Solicited pull' : `Push ${mskId && `of MSK ${mskId}`}`,
    async load(signal) {
      const push = await get(`/api/pushes/${encodeURIComponent(pushId)}`, signal);
      if (push.startedAt !== undefined) told = tell(app, push, told);
      return push;
    },
    everyMs: ({ completedAt, refused }) =>
      completedAt === undefined && refused === undefined ? 1000 : undefined,
    view: (push) => (push.startedAt === undefined ? pending(push, openedAt) : view(app, push)),
  };
}

/**
 * @param {import('./main.js').App} app
 * @param {PushView} push
 * @param {number | undefined} told the share that was told last
 */
function tell(app, push, told) {
  const share = push.completedAt === undefined ? (push.share ?? 0) : 1;
  const reached = MILESTONES.findLast((milestone) => share >= milestone) ?? 0;
  if (told !== undefined && reached > told)
    app.announce(`The push is ${reached === 1 ? 'completed' : percent(reached)}`);
  return reached;
}

/**
 * @param {import('../views.ts').PendingPushView} push
 * @param {number} openedAt
 */
function pending({ pushId, refused }, openedAt) {
  if (refused !== undefined)
    return html`<p class="failure">The push ${code(pushId)} was refused: ${refused.message} (${refused.reason}).</p>`;
  const isLong = Date.now() - openedAt > LONG_MS;
  return html`<p class="empty">
    ${state('under-way', html`Push ${code(pushId)} is asked for. A sender takes it up in a moment.`)}
    ${isLong ? html`<br>None has so far: do senders run? See <a href="#/dead-letters">dead letters</a>.` : nothing}
  </p>`;
}

/**
 * @param {import('./main.js').App} app
 * @param {PushView} push
 */
function view(app, push) {
  const isRunning = push.completedAt === undefined;
  return html`
    ${about(push)}
    ${
      isRunning && push.cancelledAt === undefined
        ? html`<div class="buttons">
            ${button({ text: 'Cancel the push…', isDisabled: app.isReadOnly, act: () => askToCancel(app, push) })}
          </div>`
        : nothing
    }
    ${figures([
      { term: 'Verified', value: number(push.verified), note: 'confirmed the MSK', tone: 'verified' },
      ...(push.sent > 0 || !push.verification
        ? [{ term: 'Sent', value: number(push.sent), note: 'no confirmation asked for', tone: 'sent' }]
        : []),
      {
        term: 'Failed',
        value: number(sumOf(push.failed)),
        note: failedNote(push),
        tone: sumOf(push.failed) > 0 ? 'failed' : '',
      },
      {
        term: 'Waiting',
        value: number(push.waiting),
        note: `of ${number(push.expected)} expected`,
        tone: 'waiting',
      },
      { term: 'Rate', value: rate(push.rate), note: isRunning ? 'UEs, at present' : 'UEs, over all' },
      isRunning
        ? {
            term: 'Time left',
            value: push.left === undefined ? '–' : duration(push.left * 1000),
            note: percent(push.share),
          }
        : { term: 'Took', value: duration((push.completedAt ?? 0) - push.startedAt), note: 'completed' },
    ])}
    ${section(
      'Progress',
      html`${outcomeBar(push, 'Outcomes')}${pushPlot(push, app.width)}
        <p class="none">Senders count page by page, of up to 1,000 UEs: a small push jumps.</p>`,
    )}
    ${section('Failures by reason', failures(push), retry(push))}
  `;
}

/**
 * @param {import('./main.js').App} app
 * @param {PushView} push
 */
function askToCancel(app, { pushId, waiting }) {
  app.ask({
    title: 'Cancel this push?',
    text: html`<p>All senders stop it within seconds. About ${number(waiting)} UEs are not reached; what was sent stays
      sent.</p>`,
    yes: 'Cancel the push',
    act: async () => {
      await post(`/api/pushes/${encodeURIComponent(pushId)}/cancel`, {});
      app.notify('The push is cancelled: senders stop it within seconds.');
      await app.reload();
    },
  });
}

/** @param {PushView} push */
function about(push) {
  const { keyDomainId, mskId, kind } = push;
  return facts([
    ['State', pushState(push)],
    ['MSK', kind === 'msk' ? holdersLink(keyDomainId, mskId) : 'a solicited pull carries none'],
    ['Key Group', keyGroupLink(keyDomainId, mskId.slice(0, 4))],
    ['Network', network(keyDomainId)],
    ['For', push.source],
    [
      'Pace',
      push.perSecond === undefined ? 'as the senders are set' : `${number(push.perSecond)}/s of each sender`,
    ],
    [
      'Started',
      html`${time(push.startedAt)} <span class="none">(${relative(push.startedAt, push.now)})</span>`,
    ],
    ['Push ID', code(push.pushId)],
  ]);
}

/** @param {PushView} push */
function failedNote({ failed }) {
  const reasons = Object.keys(failed).length;
  if (reasons === 0) return 'none';
  return reasons === 1 ? Object.keys(failed)[0] : `for ${reasons} reasons`;
}

/** @param {PushView} push */
function failures({ failed }) {
  const rows = Object.entries(failed).sort(([, one], [, other]) => other - one);
  return table({
    caption: 'UEs that failed, by reason',
    rows,
    empty: 'No UE has failed.',
    columns: [
      { head: 'Reason', isHead: true, cell: ([reason]) => code(reason) },
      { head: 'Means', cell: ([reason]) => reasonText(reason) },
      { head: 'UEs', isNumber: true, cell: ([, count]) => number(count) },
    ],
  });
}

/** @param {PushView} push */
function retry(push) {
  if (push.kind !== 'msk') return nothing;
  return holdersLink(push.keyDomainId, push.mskId, 'Who lacks this MSK');
}
