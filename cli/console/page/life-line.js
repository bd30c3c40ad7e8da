// The life line of a Key Group's MSKs: when each was first pushed, which is current, and what comes next.
import { html, nothing, svg } from '/vendor/lit-html.js';
import { shortTime } from './format.js';
import { timeStep } from './scale.js';

/** @typedef {import('../views.ts').KeyGroupRow} KeyGroupRow */
/** @typedef {import('../views.ts').MskView} MskView */

/**
 * The time in which an MSK was in use, as far as it is known.
 * @typedef {object} Life
 * @property {MskView} msk
 * @property {number} [from] its first push; undefined: the ledger has none
 * @property {number} until
 */

const HOUR = 3_600_000;
const ROW = 26;
const LEFT = 96;
const RIGHT = 16;
const TOP = 22;
const BOTTOM = 40;

/** @type {Readonly<Record<MskView['state'], string>>} */
const WORDS = {
  current: 'current',
  prepared: 'prepared',
  previous: 'the one before',
  revoked: 'revoked',
  gone: 'not in the table any more',
};

/** @param {MskView['state']} state */
export function stateWord(state) {
  return WORDS[state];
}

/**
 * One row for each MSK.
 * @param {KeyGroupRow} group
 * @param {number} now
 * @param {number} width
 */
export function lifeLine(group, now, width) {
  const { lives, from, to, next } = livesOf(group, now);
  if (lives.length === 0) return html`<p class="empty">The Key Group has no MSK yet.</p>`;
  const height = TOP + lives.length * ROW + BOTTOM;
  const floor = height - BOTTOM;
  const x = (/** @type {number} */ at) => LEFT + ((at - from) / (to - from)) * (width - LEFT - RIGHT);
  return html`<figure>
    <svg class="plot life" width=${width} height=${height} viewBox="0 0 ${width} ${height}" role="img"
      aria-label=${alternative(lives, group, now)}>
      ${axis(from, to, x, floor, width)}
      ${lives.map((life, index) => bar(life, now, x, TOP + index * ROW, width))}
      <line class="now" x1=${x(now)} x2=${x(now)} y1=${TOP - 6} y2=${floor}></line>
      <text class="now" x=${x(now)} y=${TOP - 10} text-anchor="middle">now</text>
      ${marker(next, x, floor, x(now))}
      <text class="axis-title" x=${(LEFT + width - RIGHT) / 2} y=${height - 4} text-anchor="middle">Time (local)</text>
      <text class="axis-title" x="4" y=${TOP - 10}>MSK</text>
    </svg>
    <figcaption class="legend">
      <span><span class="swatch current" aria-hidden="true"></span>current</span>
      <span><span class="swatch prepared" aria-hidden="true"></span>prepared</span>
      <span><span class="swatch gone" aria-hidden="true"></span>earlier</span>
      <span class="none">An MSK begins with its first push, and ends with that of the next one.</span>
    </figcaption>
  </figure>`;
}

/**
 * All MSKs on one row, for lists.
 * @param {KeyGroupRow} group
 * @param {number} now
 */
export function shortLifeLine(group, now) {
  const { lives, from, to, next } = livesOf(group, now);
  if (lives.length === 0) return html`<span class="none">no MSK yet</span>`;
  const x = (/** @type {number} */ at) => ((at - from) / (to - from)) * 220;
  return html`<svg class="life short" width="220" height="18" viewBox="0 0 220 18" role="img"
    aria-label=${alternative(lives, group, now)}>
    <line class="grid" x1="0" x2="220" y1="9" y2="9"></line>
    ${lives.toReversed().map(({ msk, from: begin = from, until }) => {
      const y = msk.state === 'prepared' ? 2 : 5;
      const height = msk.state === 'prepared' ? 14 : 8;
      const width = Math.max(3, x(until) - x(begin) - 1);
      return svg`<rect class="msk ${msk.state}" x=${x(begin)} y=${y} width=${width} height=${height} rx="2"></rect>`;
    })}
    <line class="now" x1=${x(now)} x2=${x(now)} y1="0" y2="18"></line>
    ${next === undefined ? nothing : svg`<circle class="next" cx=${x(next)} cy="9" r="3"></circle>`}
  </svg>`;
}

/**
 * When each MSK was in use, the latest first, and the time that is shown.
 * @param {KeyGroupRow} group
 * @param {number} now
 */
function livesOf(group, now) {
  const { msks, schedule, activateAt } = group;
  const next = schedule?.nextAt;
  const known = msks.map(({ firstPushAt }) => firstPushAt).filter((at) => at !== undefined);
  const ahead = Math.max(now, next ?? 0, activateAt ?? 0);
  const behind = Math.min(now - HOUR, ...known);
  const margin = (ahead - behind) * 0.06;
  const from = behind - margin;
  const to = ahead + margin;
  const lives = msks.map((msk, index) => {
    const after = msks[index - 1];
    const end =
      msk.state === 'prepared' || msk.state === 'current' ? (msk.state === 'prepared' ? to : now) : undefined;
    return { msk, from: msk.firstPushAt, until: end ?? after?.firstPushAt ?? now };
  });
  return { lives, from, to, next };
}

/**
 * @param {Life} life
 * @param {number} now
 * @param {(at: number) => number} x
 * @param {number} y
 * @param {number} width
 */
function bar({ msk, from, until }, now, x, y, width) {
  const start = from === undefined ? LEFT : x(from);
  const end = Math.max(start + 3, Math.min(width - RIGHT, x(until)));
  const { activateAt } = msk;
  return svg`<text class="msk-id" x=${LEFT - 10} y=${y + 15} text-anchor="end">${msk.mskId}</text>
    <rect class="msk ${msk.state} ${from === undefined ? 'unpushed' : ''}" x=${start} y=${y + 3} width=${end - start} height=${ROW - 10} rx="3"></rect>
    ${
      activateAt === undefined
        ? nothing
        : svg`<line class="activation" x1=${x(activateAt)} x2=${x(activateAt)} y1=${y + 1} y2=${y + ROW - 5}></line>
      <text class="note" x=${x(activateAt) - 5} y=${y + 15} text-anchor="end">${activateAt < now ? 'overdue' : `current from ${shortTime(activateAt)}`}</text>`
    }`;
}

/**
 * @param {number | undefined} next
 * @param {(at: number) => number} x
 * @param {number} floor
 * @param {number} nowX
 */
function marker(next, x, floor, nowX) {
  if (next === undefined) return nothing;
  const isNear = Math.abs(x(next) - nowX) < 40;
  return svg`<line class="next" x1=${x(next)} x2=${x(next)} y1=${TOP - 4} y2=${floor}></line>
    <circle class="next" cx=${x(next)} cy=${floor} r="4"></circle>
    ${isNear ? nothing : svg`<text class="note" x=${x(next)} y=${TOP - 10} text-anchor="end">next rotation</text>`}`;
}

/**
 * @param {number} from
 * @param {number} to
 * @param {(at: number) => number} x
 * @param {number} floor
 * @param {number} width
 */
function axis(from, to, x, floor, width) {
  const step = timeStep(to - from, Math.max(2, Math.floor((width - LEFT) / 110)));
  const zone = new Date(from).getTimezoneOffset() * 60_000;
  const first = Math.ceil((from - zone) / step) * step + zone;
  const times = Array.from(
    { length: Math.floor((to - first) / step) + 1 },
    (_, index) => first + index * step,
  );
  return [
    svg`<line class="grid" x1=${LEFT} x2=${width - RIGHT} y1=${floor} y2=${floor}></line>`,
    ...times.map(
      (at) => svg`<line class="grid faint" x1=${x(at)} x2=${x(at)} y1=${TOP} y2=${floor + 4}></line>
        <text x=${Math.min(width - 44, Math.max(LEFT, x(at)))} y=${floor + 18} text-anchor="middle">${shortTime(at)}</text>`,
    ),
  ];
}

/**
 * @param {readonly Life[]} lives
 * @param {KeyGroupRow} group
 * @param {number} now
 */
function alternative(lives, { schedule }, now) {
  const parts = lives.map(({ msk: { mskId, state, activateAt }, from }) => {
    const since = from === undefined ? 'never pushed' : `first pushed ${shortTime(from)}`;
    const until = activateAt === undefined ? '' : `, to be current at ${shortTime(activateAt)}`;
    return `${mskId} ${stateWord(state)}, ${since}${until}`;
  });
  const next = schedule?.nextAt === undefined ? '' : `. Next rotation ${shortTime(schedule.nextAt)}`;
  return `Life line at ${shortTime(now)}: ${parts.join('; ')}${next}`;
}
