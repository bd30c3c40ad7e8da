// One Key Group: its MSKs, how they are rotated, who has them.
import { html } from '/vendor/lit-html.js';
import { get, post } from './api.js';
import { code, duration, network, numberSoFar, relative, time } from './format.js';
import { lifeLine, stateWord } from './life-line.js';
import { button, facts, holdersLink, section, state, table } from './parts.js';

/** @typedef {import('../views.ts').KeyGroupView} KeyGroupView */
/** @typedef {import('../views.ts').MskView} MskView */

/** How often and how many times the page looks for what came of a rotation. */
const LOOK_MS = 500;
const LOOKS = 60;

/** @type {import('./main.js').NewPage} */
export function keyGroupPage(app, [keyDomainId = '', keyGroup = '']) {
  const path = `/api/key-groups/${encodeURIComponent(keyDomainId)}/${encodeURIComponent(keyGroup)}`;
  return {
    title: `Key Group ${keyGroup}`,
    load: (signal) => get(path, signal),
    everyMs: ({ registered }) => (registered === undefined ? 2000 : 10_000),
    view: (group) => view(app, group, path),
  };
}

/**
 * @param {import('./main.js').App} app
 * @param {KeyGroupView} group
 * @param {string} path
 */
function view(app, group, path) {
  const { now, keyDomainId, services, registered, schedule, activateAt } = group;
  const lead = schedule?.leadTimeSeconds;
  return html`
    ${facts([
      ['Network', network(keyDomainId)],
      ['Key Domain ID', code(keyDomainId)],
      ['User Services', services.map((serviceId) => html`<div>${code(serviceId)}</div>`)],
      ['Registered UEs', numberSoFar(registered)],
      ['Schedule', schedule === undefined ? 'none: rotated by request' : code(schedule.expression)],
      ...(lead === undefined ? [] : [/** @type {const} */ (['Lead time', duration(lead * 1000)])]),
      ['Rotation', rotationText(group)],
    ])}
    ${section(
      'Life line',
      lifeLine(group, now, app.width),
      button({
        text: 'Make the next MSK…',
        isDisabled: app.isReadOnly || activateAt !== undefined,
        act: () => askToRotate(app, group, path),
      }),
    )}
    ${section('MSKs', mskTable(group))}
  `;
}

/** @param {KeyGroupView} group */
function rotationText({ activateAt, schedule, now }) {
  if (activateAt !== undefined)
    return state('under-way', `under way: activation ${relative(activateAt, now)}`);
  if (schedule?.nextAt !== undefined) return `next ${relative(schedule.nextAt, now)}`;
  return 'none under way';
}

/** @param {KeyGroupView} group */
function mskTable({ msks, keyDomainId, now }) {
  return table({
    caption: 'MSKs, the latest first',
    rows: msks,
    empty: html`There is none yet: <code>bmsc provision msk</code>, or make the next MSK.`,
    columns: [
      { head: 'MSK ID', isHead: true, cell: ({ mskId }) => code(mskId) },
      { head: 'State', cell: (msk) => mskState(msk, now) },
      { head: 'First push', cell: ({ firstPushAt }) => time(firstPushAt) },
      { head: 'Last push', cell: ({ lastPushAt }) => time(lastPushAt) },
      {
        head: 'MTK IDs',
        cell: ({ mtkIds }) => (mtkIds === undefined ? '–' : `${mtkIds[0]} to ${mtkIds[1]}`),
      },
      {
        head: 'UEs',
        cell: ({ mskId }) =>
          holdersLink(keyDomainId, mskId, html`who lacks it <span class="unseen">${mskId}</span>`),
      },
    ],
  });
}

/**
 * @param {MskView} msk
 * @param {number} now
 */
function mskState({ state: word, activateAt }, now) {
  const text =
    activateAt === undefined ? stateWord(word) : `${stateWord(word)}, current ${relative(activateAt, now)}`;
  if (word === 'current') return state('good', text);
  if (word === 'prepared') return state('under-way', text);
  return state(word === 'revoked' ? 'bad' : 'idle', text);
}

/**
 * @param {import('./main.js').App} app
 * @param {KeyGroupView} group
 * @param {string} path
 */
function askToRotate(app, group, path) {
  const lead = group.schedule?.leadTimeSeconds;
  app.ask({
    title: 'Make the next MSK?',
    text: html`<p>
      It is pushed to the ${numberSoFar(group.registered)} UEs registered to the User Services of Key Group
      ${code(group.keyGroup)}, and becomes the current one
      ${lead === undefined ? 'after the lead time that the deployment has' : `after ${duration(lead * 1000)}`}.
    </p>`,
    yes: 'Make and push it',
    act: async () => {
      const { eventId } = await post(`${path}/rotate`, lead === undefined ? {} : { leadTimeSeconds: lead });
      void tellOutcome(app, eventId);
    },
  });
}

/**
 * @param {import('./main.js').App} app
 * @param {string} eventId
 */
async function tellOutcome(app, eventId) {
  app.notify('The rotation is asked for.');
  for (let look = 0; look < LOOKS; look++) {
    const { outcome } = await get(`/api/requests/${encodeURIComponent(eventId)}`);
    if (outcome?.result === 'refused')
      return app.notify(`Refused: ${outcome.message ?? outcome.reason}`, 'bad');
    if (outcome !== undefined) {
      app.notify(`MSK ${outcome.mskId ?? ''} is ${outcome.result}.`);
      return app.reload();
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  app.notify('There is no answer to the rotation yet: see the dead letters.', 'bad');
}
