// Scales of plots: pure numbers.

/**
 * Values at which an axis of UEs has ticks: round whole numbers from 0, some `count` of them.
 * @param {number} max above 0
 * @param {number} count
 * @returns {readonly number[]}
 */
export function ticks(max, count) {
  const rough = Math.max(1, max / count);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((each) => each >= rough) ?? rough;
  const number = Math.floor(max / step + 1e-9);
  return Array.from({ length: number + 1 }, (_, index) => index * step);
}

/** Steps of a time axis, in ms. */
const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21_600, 43_200]
  .concat([1, 2, 7, 14, 28, 56].map((days) => days * 86_400))
  .map((seconds) => seconds * 1000);

/**
 * The step of a time axis that gives at most `count` ticks.
 * @param {number} length ms
 * @param {number} count
 */
export function timeStep(length, count) {
  return STEPS.find((step) => length / step <= count) ?? length;
}

/**
 * A line through points, as the path of an SVG.
 * @param {readonly (readonly [x: number, y: number])[]} points
 */
export function line(points) {
  return points.map(([x, y], index) => `${index === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`).join('');
}

/**
 * The area between two lines that have the same abscissas.
 * @param {readonly (readonly [x: number, y: number])[]} upper
 * @param {readonly (readonly [x: number, y: number])[]} lower
 */
export function area(upper, lower) {
  return `${line(upper)}L${line(lower.toReversed()).slice(1)}Z`;
}
