// One subscriber: what it may have, what it has, what went wrong last.
import { html, nothing } from '/vendor/lit-html.js';
import { get, post } from './api.js';
import { code, counted, network, reasonText, relative, time } from './format.js';
import { button, holdersLink, section, state, table } from './parts.js';

/** @typedef {import('../views.ts').SubscriberView} SubscriberView */
/** @typedef {SubscriberView['services'][number]} Service */
/** @typedef {SubscriberView['associations'][number]} Association */

/** @type {Readonly<Record<NonNullable<SubscriberView['obstacle']>, string>>} */
const OBSTACLES = {
  blocked: 'It is blocked.',
  'no-association': 'It has not bootstrapped: it has no association.',
  'expired-association': 'Its keys have expired: it must bootstrap again.',
  'no-address': 'It has made no request since it bootstrapped, so nobody knows where it is.',
  'not-registered': 'It is registered to no User Service that it is subscribed to.',
};

/** @type {import('./main.js').NewPage} */
export function subscriberPage(app, [impi = '']) {
  return {
    title: impi === '' ? 'Subscribers' : impi,
    load: async (signal) =>
      impi === '' ? {} : await get(`/api/subscribers/${encodeURIComponent(impi)}`, signal),
    everyMs: () => (impi === '' ? undefined : 10_000),
    view: (subscriber) =>
      html`${search(app, impi)} ${subscriber.impi === undefined ? nothing : view(app, subscriber)}`,
  };
}

/**
 * @param {import('./main.js').App} app
 * @param {string} impi
 */
function search(app, impi) {
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.currentTarget);
    const text = String(new FormData(form).get('impi')).trim();
    if (text !== '') app.go(`/subscribers/${encodeURIComponent(text)}`);
  };
  return html`<form class="search" role="search" @submit=${submit}>
    <label for="impi">IMPI</label>
    <input id="impi" name="impi" type="text" autocomplete="off" spellcheck="false" .value=${impi}
      placeholder="001010123456789@ims.mnc001.mcc001.3gppnetwork.org">
    <button type="submit" class="main">Look up</button>
  </form>`;
}

/**
 * @param {import('./main.js').App} app
 * @param {SubscriberView} subscriber
 */
function view(app, { impi, services, associations, obstacle, blockedAt, now }) {
  return html`
    <p class="health">
      ${obstacle === undefined ? state('good', 'It can be sent MSKs.') : state('bad', OBSTACLES[obstacle])}
      ${blockedAt === undefined ? nothing : html`<span class="none">since ${time(blockedAt)}</span>`}
    </p>
    <div class="buttons">
      ${
        blockedAt === undefined
          ? button({
              text: 'Block…',
              isDisabled: app.isReadOnly,
              act: () => askToBlock(app, impi, associations),
            })
          : button({ text: 'Unblock…', isDisabled: app.isReadOnly, act: () => askToUnblock(app, impi) })
      }
    </div>
    ${section('User Services', serviceTable(services))}
    ${section('MSKs', mskTable(services))}
    ${section('Associations', associationTable(associations, now))}
  `;
}

/**
 * @param {import('./main.js').App} app
 * @param {string} impi
 * @param {readonly Association[]} associations
 */
function askToBlock(app, impi, associations) {
  app.ask({
    title: 'Block this subscriber?',
    text: html`<p>${code(impi)} loses ${counted(associations.length, 'association')} and all registrations now, and
      gets no other until it is unblocked. It keeps MSKs that it holds: rotate them to shut it out.</p>`,
    yes: 'Block',
    act: () => setBlocked(app, impi, true),
  });
}

/**
 * @param {import('./main.js').App} app
 * @param {string} impi
 */
function askToUnblock(app, impi) {
  app.ask({
    title: 'Let this subscriber in again?',
    text: html`<p>${code(impi)} may bootstrap and register again. Its subscriptions are as they were.</p>`,
    yes: 'Unblock',
    act: () => setBlocked(app, impi, false),
  });
}

/**
 * @param {import('./main.js').App} app
 * @param {string} impi
 * @param {boolean} blocked
 */
async function setBlocked(app, impi, blocked) {
  await post(`/api/subscribers/${encodeURIComponent(impi)}/block`, { blocked });
  app.notify(blocked ? 'The subscriber is blocked.' : 'The subscriber may bootstrap and register again.');
  await app.reload();
}

/** @param {readonly Service[]} rows */
function serviceTable(rows) {
  return table({
    caption: 'User Services of the subscriber',
    rows,
    empty: 'It is subscribed to no User Service.',
    columns: [
      { head: 'User Service', isHead: true, cell: ({ serviceId }) => code(serviceId) },
      {
        head: 'Subscribed',
        cell: ({ isSubscribed }) => (isSubscribed ? state('good', 'yes') : state('bad', 'no')),
      },
      {
        head: 'Registered',
        cell: ({ isRegistered }) => (isRegistered ? state('good', 'yes') : state('idle', 'no')),
      },
      { head: 'Provisioned', cell: ({ exists }) => (exists ? 'yes' : state('bad', 'no such User Service')) },
    ],
  });
}

/** @param {readonly Service[]} services */
function mskTable(services) {
  const msks = services.flatMap((service) => service.msks);
  const rows = [...new Map(msks.map((msk) => [`${msk.keyDomainId}${msk.mskId}`, msk])).values()];
  return table({
    caption: 'MSKs of its User Services, and whether it has them',
    rows,
    empty: 'Its User Services have no MSK.',
    columns: [
      { head: 'MSK', isHead: true, cell: ({ keyDomainId, mskId }) => holdersLink(keyDomainId, mskId) },
      { head: 'Network', cell: ({ keyDomainId }) => network(keyDomainId) },
      { head: 'MSK is', cell: (msk) => msk.state },
      { head: 'The UE', cell: ({ holding }) => holdingState(holding?.state) },
      {
        head: 'Means',
        cell: ({ holding }) =>
          holding === undefined ? 'nobody has sent it this MSK' : reasonText(holding.state),
      },
      { head: 'Last sent', cell: ({ holding }) => lastSent(holding) },
    ],
  });
}

/** @param {string | undefined} word */
function holdingState(word) {
  if (word === undefined) return state('idle', 'not sent');
  if (word === 'verified') return state('good', 'has it');
  if (word === 'sent') return state('good', 'was sent it');
  return word === 'pending' ? state('under-way', 'pending') : state('bad', word);
}

/** @param {Service['msks'][number]['holding']} holding */
function lastSent(holding) {
  if (holding === undefined) return '–';
  const { at, pushId } = holding;
  return pushId === undefined
    ? html`${time(at)} on its request`
    : html`<a href="#/pushes/${encodeURIComponent(pushId)}">${time(at)}</a>`;
}

/**
 * @param {readonly Association[]} rows
 * @param {number} now
 */
function associationTable(rows, now) {
  return table({
    caption: 'Associations, the latest bootstrapped first',
    rows,
    empty: 'It has none: it has not bootstrapped, or its keys are gone.',
    columns: [
      { head: 'B-TID', isHead: true, cell: ({ btid }) => code(btid) },
      { head: 'Kind', cell: ({ gbaType }) => gbaType },
      { head: 'State', cell: ({ isCurrent, isExpired }) => associationState(isCurrent, isExpired) },
      { head: 'Bootstrapped', cell: ({ bootstrappedAt }) => time(bootstrappedAt) },
      {
        head: 'Expires',
        cell: ({ expiresAt }) =>
          html`${time(expiresAt)} <span class="none">(${relative(expiresAt, now)})</span>`,
      },
      {
        head: 'UE was at',
        cell: ({ ueAddress }) => (ueAddress === undefined ? '–' : code(hostAndPort(ueAddress))),
      },
    ],
  });
}

/** @param {{ address: string, port: number }} ueAddress */
function hostAndPort({ address, port }) {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/**
 * @param {boolean} isCurrent
 * @param {boolean} isExpired
 */
function associationState(isCurrent, isExpired) {
  if (isExpired) return state('bad', 'expired');
  return isCurrent ? state('good', 'current') : state('idle', 'not current');
}
