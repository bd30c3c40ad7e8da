import { heading, line, polyline, svg, text, verticalTitle } from '../plot/svg.ts';

/** A bar of a bar chart, or a point of a line. */
export interface Mark {
  readonly label: string;
  readonly value: number;
  /** Whether it is the product's own. */
  readonly isOurs?: boolean;
}

/** What a chart says of itself: titles of axes have the unit. */
export interface ChartTitles {
  readonly title: string;
  readonly xTitle: string;
  readonly yTitle: string;
}

const WIDTH = 720;
const ROW = 26;
const BARS = { left: 250, right: 70, top: 44, bottom: 66 };
const LINE = { height: 270, left: 84, right: 36, top: 44, bottom: 56 };
/** Steps of an axis at most. */
const MAX_TICKS = 6;

/** A bar chart as SVG: one row for each mark, as long as its value. Ours have another colour. */
export function barChart(
  { title, xTitle }: Omit<ChartTitles, 'yTitle'>,
  marks: readonly Mark[],
  format: (value: number) => string,
): string {
  const { left, right, top, bottom } = BARS;
  const end = top + marks.length * ROW;
  const ticks = ticksUpTo(Math.max(...marks.map(({ value }) => value)));
  const x = (value: number) => left + ((WIDTH - left - right) * value) / (ticks.at(-1) ?? 1);
  const axis = ticks.flatMap((tick) => [
    line(x(tick), top - 4, x(tick), end, 'grid'),
    text(x(tick), end + 16, String(tick), 'middle', 'class="soft"'),
  ]);
  const rows = marks.flatMap(({ label, value, isOurs = false }, index) => {
    const y = top + index * ROW;
    const weight = isOurs ? ' font-weight="bold"' : '';
    return [
      text(left - 8, y + 14, label, 'end', `class="ink"${weight}`),
      `<rect x="${left}" y="${y}" width="${(x(value) - left).toFixed(1)}" height="${ROW - 8}" class="fill ${isOurs ? 'ours' : 'other'}"/>`,
      text(x(value) + 6, y + 14, format(value), 'start', `class="ink"${weight}`),
    ];
  });
  const hasOurs = marks.some(({ isOurs }) => isOurs);
  return svg(title, WIDTH, end + (hasOurs ? bottom : bottom - 22), [
    heading(12, title),
    ...axis,
    ...rows,
    text((left + WIDTH - right) / 2, end + 34, xTitle, 'middle', 'class="soft"'),
    ...(hasOurs ? [legend(end + 54)] : []),
  ]);
}

function legend(y: number): string {
  const { left } = BARS;
  return [
    `<rect x="${left}" y="${y - 10}" width="12" height="12" class="fill ours"/>`,
    text(left + 18, y, 'ours', 'start', 'class="soft"'),
    `<rect x="${left + 70}" y="${y - 10}" width="12" height="12" class="fill other"/>`,
    text(left + 88, y, 'to compare with', 'start', 'class="soft"'),
  ].join('\n');
}

/** A line through marks at equal distances, from zero up, as SVG. */
export function lineChart(
  { title, xTitle, yTitle }: ChartTitles,
  marks: readonly Mark[],
  format: (value: number) => string,
): string {
  const { height, left, right, top, bottom } = LINE;
  const ticks = ticksUpTo(Math.max(...marks.map(({ value }) => value)) * 1.1);
  const y = (value: number) => height - bottom - ((height - top - bottom) * value) / (ticks.at(-1) ?? 1);
  const x = (index: number) =>
    left + 30 + ((WIDTH - left - right - 60) * index) / Math.max(marks.length - 1, 1);
  const axis = ticks.flatMap((tick) => [
    line(left, y(tick), WIDTH - right, y(tick), tick === 0 ? 'axis' : 'grid'),
    text(left - 8, y(tick) + 4, String(tick), 'end', 'class="soft"'),
  ]);
  const points = marks.map(({ value }, index) => [x(index), y(value)] as const);
  const labels = marks.flatMap(({ label, value }, index) => [
    `<circle cx="${x(index).toFixed(1)}" cy="${y(value).toFixed(1)}" r="3.5" class="fill ours"/>`,
    text(x(index), y(value) - 10, format(value), 'middle'),
    text(x(index), height - bottom + 18, label, 'middle', 'class="soft"'),
  ]);
  return svg(title, WIDTH, height, [
    heading(12, title),
    ...axis,
    polyline(points, 'ours'),
    ...labels,
    text((left + WIDTH - right) / 2, height - 12, xTitle, 'middle', 'class="soft"'),
    verticalTitle(18, (top + height - bottom) / 2, yTitle),
  ]);
}

/** Round steps from 0 to the first that is not below `most`. */
function ticksUpTo(most: number): number[] {
  const rough = most / MAX_TICKS;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 2.5, 5].find((each) => each * power >= rough) ?? 10) * power;
  const count = Math.ceil(most / step - 1e-9);
  return Array.from({ length: count + 1 }, (_, index) => Number((index * step).toPrecision(6)));
}
