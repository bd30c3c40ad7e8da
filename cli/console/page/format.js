// Numbers and times as a person reads them.
import { html } from '/vendor/lit-html.js';

const NUMBER = new Intl.NumberFormat('en');
const CLOCK = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const DAY = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });
const SHORT = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
});
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAYS = 24 * HOUR;

/** @param {number} value */
export function number(value) {
  return NUMBER.format(value);
}

/**
 * A number that may not be known yet.
 * @param {number | undefined} value
 */
export function numberSoFar(value) {
  return value === undefined ? '…' : number(value);
}

/**
 * A number and its noun: `1 UE`, `2 UEs`.
 * @param {number} value
 * @param {string} one
 * @param {string} [many]
 */
export function counted(value, one, many = `${one}s`) {
  return `${number(value)} ${value === 1 ? one : many}`;
}

/** @param {number | undefined} share from 0 to 1 */
export function percent(share) {
  return share === undefined ? '–' : `${Math.floor(share * 100)} %`;
}

/** @param {number} perSecond */
export function rate(perSecond) {
  return `${perSecond < 10 ? perSecond.toFixed(1) : number(Math.round(perSecond))}/s`;
}

/**
 * A length of time in its two largest units.
 * @param {number} ms
 */
export function duration(ms) {
  const whole = Math.max(0, ms);
  if (whole < MINUTE) return `${Math.ceil(whole / SECOND)} s`;
  if (whole < HOUR) return `${Math.floor(whole / MINUTE)} min ${Math.floor((whole % MINUTE) / SECOND)} s`;
  if (whole < 2 * DAYS) return `${Math.floor(whole / HOUR)} h ${Math.floor((whole % HOUR) / MINUTE)} min`;
  return `${Math.floor(whole / DAYS)} d ${Math.floor((whole % DAYS) / HOUR)} h`;
}

/**
 * A time in this machine's zone: of today without the day.
 * @param {number} at ms since the epoch
 */
export function timeText(at) {
  const date = new Date(at);
  const isToday = date.toDateString() === new Date().toDateString();
  return isToday ? CLOCK.format(date) : `${DAY.format(date)}, ${CLOCK.format(date)}`;
}

/**
 * Without seconds, for plots.
 * @param {number} at ms since the epoch
 */
export function shortTime(at) {
  return SHORT.format(new Date(at));
}

/**
 * The same as an element that programs can read.
 * @param {number | undefined} at ms since the epoch
 */
export function time(at) {
  if (at === undefined) return html`<span class="none">–</span>`;
  return html`<time datetime=${new Date(at).toISOString()}>${timeText(at)}</time>`;
}

/**
 * `in 3 h 20 min`, `5 min 2 s ago`.
 * @param {number} at
 * @param {number} now
 */
export function relative(at, now) {
  return at >= now ? `in ${duration(at - now)}` : `${duration(now - at)} ago`;
}

/**
 * An identifier in a fixed-width face, which may break where the screen ends.
 * @param {string} text
 */
export function code(text) {
  return html`<code translate="no">${text}</code>`;
}

/** @param {string} keyDomainId the 6 digits: MCC and MNC as octets of TS 24.008 §10.5.1.3 */
export function network(keyDomainId) {
  const [a, b, c, d, e, f] = keyDomainId;
  const mcc = `${b}${a}${d}`;
  return c === 'f' ? `${mcc}-${f}${e}` : `${mcc}-${f}${e}${c}`;
}

/** @type {Readonly<Record<string, string>>} */
const REASONS = {
  'unknown-ue': 'no association in the table',
  'no-address': 'the UE has not made a request since it bootstrapped',
  'no-route': 'no sender reaches an address of this family',
  'not-sent': 'the datagram could not be sent',
  'expired-association': 'its keys have expired: it must bootstrap again',
  'pull-already-solicited': 'it was solicited with this MUK before',
  'not-registered': 'it is not registered to a User Service of the Key Group',
  'unknown-msk': 'there was no such MSK',
  'corrupt-item': 'its item was changed in the table',
  'counter-exhausted': 'its MUK has no further time stamps',
  'too-many-under-way': 'too many messages to it were under way',
  'too-frequent': 'it asked too often in a minute',
  'not-answering': 'it answered nothing that was sent to it',
  'not-verified': 'it did not confirm the MSK, however often it was sent',
  pending: 'a push has yet to reach it, or its page is a dead letter',
  'not-sent-yet': 'it is registered, and nobody has sent it this MSK',
};

/**
 * What a reason of the ledger means.
 * @param {string} reason
 */
export function reasonText(reason) {
  return REASONS[reason] ?? '';
}
