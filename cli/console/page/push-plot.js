// How a push goes on, over time.
import { html, nothing, svg } from '/vendor/lit-html.js';
import { number } from './format.js';
import { sumOf } from './parts.js';
import { area, line, ticks, timeStep } from './scale.js';

const HEIGHT = 260;
const LEFT = 64;
const RIGHT = 16;
const TOP = 12;
const BOTTOM = 44;

/**
 * UEs that have an outcome, stacked by outcome, over the seconds since the push began.
 * @param {import('../views.ts').PushView} push
 * @param {number} width
 */
export function pushPlot(push, width) {
  const { samples, startedAt, expected, completedAt, now } = push;
  const end = Math.max(startedAt + 1000, completedAt ?? now);
  const settled = push.verified + push.sent + sumOf(push.failed);
  const most = Math.max(1, settled, expected) * 1.06;
  const x = (/** @type {number} */ at) =>
    LEFT + ((at - startedAt) / (end - startedAt)) * (width - LEFT - RIGHT);
  const y = (/** @type {number} */ value) => HEIGHT - BOTTOM - (value / most) * (HEIGHT - BOTTOM - TOP);
  const level = (/** @type {(sample: import('../views.ts').PushSample) => number} */ of) =>
    samples.map((sample) => /** @type {const} */ ([x(Math.min(end, sample.at)), y(of(sample))]));
  const zero = level(() => 0);
  const verified = level((sample) => sample.verified);
  const sent = level((sample) => sample.verified + sample.sent);
  const failed = level((sample) => sample.verified + sample.sent + sample.failed);
  const hasSent = push.sent > 0;
  return html`<figure>
    <svg class="plot" width=${width} height=${HEIGHT} viewBox="0 0 ${width} ${HEIGHT}" role="img"
      aria-label=${`UEs over time: ${alternative(push)}`}>
      ${valueAxis(most, y, width)} ${timeAxis(end - startedAt, (offset) => x(startedAt + offset))}
      <path class="area verified" d=${area(verified, zero)}></path>
      ${hasSent ? svg`<path class="area sent" d=${area(sent, verified)}></path>` : nothing}
      <path class="area failed" d=${area(failed, sent)}></path>
      <path class="line verified" d=${line(hasSent ? sent : verified)}></path>
      ${expectedLine(expected, y, width)}
      <text class="axis-title" x=${(LEFT + width - RIGHT) / 2} y=${HEIGHT - 6} text-anchor="middle">Time since the push began (${unitOf(end - startedAt)[1]})</text>
      <text class="axis-title" transform="rotate(-90)" x=${-(HEIGHT - BOTTOM + TOP) / 2} y="13" text-anchor="middle">UEs with an outcome</text>
    </svg>
    ${legend(hasSent)}
  </figure>`;
}

/** @param {import('../views.ts').PushView} push */
function alternative({ verified, sent, failed, waiting, expected }) {
  const counts = [`${number(verified)} verified`, `${number(sent)} sent`, `${number(sumOf(failed))} failed`];
  return `${counts.join(', ')}, ${number(waiting)} waiting, of ${number(expected)} expected`;
}

/**
 * @param {number} most
 * @param {(value: number) => number} y
 * @param {number} width
 */
function valueAxis(most, y, width) {
  return ticks(most, 5).map(
    (value) => svg`<line class="grid" x1=${LEFT} x2=${width - RIGHT} y1=${y(value)} y2=${y(value)}></line>
      <text x=${LEFT - 8} y=${y(value) + 4} text-anchor="end">${number(value)}</text>`,
  );
}

/**
 * @param {number} length ms
 * @param {(offset: number) => number} x
 */
function timeAxis(length, x) {
  const step = timeStep(length, 8);
  const [unit] = unitOf(length);
  const offsets = Array.from({ length: Math.floor(length / step) + 1 }, (_, index) => index * step);
  return offsets.map(
    (
      offset,
    ) => svg`<line class="tick" x1=${x(offset)} x2=${x(offset)} y1=${HEIGHT - BOTTOM} y2=${HEIGHT - BOTTOM + 4}></line>
      <text x=${x(offset)} y=${HEIGHT - BOTTOM + 18} text-anchor="middle">${number(offset / unit)}</text>`,
  );
}

/**
 * @param {number} length ms
 * @returns {readonly [ms: number, name: string]}
 */
function unitOf(length) {
  if (length < 180_000) return [1000, 's'];
  return length < 10_800_000 ? [60_000, 'min'] : [3_600_000, 'h'];
}

/**
 * @param {number} expected
 * @param {(value: number) => number} y
 * @param {number} width
 */
function expectedLine(expected, y, width) {
  if (expected === 0) return nothing;
  return svg`<line class="expected" x1=${LEFT} x2=${width - RIGHT} y1=${y(expected)} y2=${y(expected)}></line>
    <text class="expected" x=${width - RIGHT} y=${y(expected) + 14} text-anchor="end">expected ${number(expected)}</text>`;
}

/** @param {boolean} hasSent */
function legend(hasSent) {
  const kinds = ['verified', ...(hasSent ? ['sent'] : []), 'failed'];
  return html`<figcaption class="legend">
    ${kinds.map((kind) => html`<span><span class="swatch ${kind}" aria-hidden="true"></span>${kind}</span>`)}
  </figcaption>`;
}
