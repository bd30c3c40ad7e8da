import { heading, line, polyline, svg, text, verticalTitle } from '../../plot/svg.ts';

/** A line or a set of points; x and y in the units of the axes. */
export interface Series {
  /** Stands beside the last point; may be empty. */
  readonly name: string;
  /** On which side of it, so that no other line crosses it. Default: `right`. */
  readonly nameSide?: 'left' | 'right';
  readonly points: readonly (readonly [x: number, y: number])[];
  readonly style: 'line' | 'points';
}

/** A plot with logarithmic axes. */
export interface Plot {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  /** Powers of ten. */
  readonly x: readonly [from: number, to: number];
  readonly y: readonly [from: number, to: number];
  readonly yTicks?: Readonly<Record<string, number>>;
  readonly series: readonly Series[];
}

const [WIDTH, HEIGHT, GAP] = [560, 420, 24];
const MARGIN = { left: 74, right: 112, top: 44, bottom: 52 };
const LINE_HEIGHT = 14;
const COLOURS = 6;

/** Plots side by side as one SVG image. */
export function plotsAsSvg(title: string, plots: readonly Plot[]): string {
  const width = plots.length * (WIDTH + GAP) - GAP;
  const placed = (plot: Plot, index: number) =>
    `<g transform="translate(${index * (WIDTH + GAP)} 0)">${drawn(plot)}</g>`;
  return svg(title, width, HEIGHT, plots.map(placed));
}

function drawn(plot: Plot): string {
  const inner = { width: WIDTH - MARGIN.left - MARGIN.right, height: HEIGHT - MARGIN.top - MARGIN.bottom };
  const scale = (value: number, [from, to]: readonly [number, number], length: number) =>
    ((Math.log10(value) - from) / (to - from)) * length;
  const x = (value: number) => MARGIN.left + scale(value, plot.x, inner.width);
  const y = (value: number) => HEIGHT - MARGIN.bottom - scale(value, plot.y, inner.height);
  const end = WIDTH - MARGIN.right;
  const parts = [heading(MARGIN.left, plot.title)];

  for (const power of powers(plot.x)) {
    const at = x(10 ** power);
    parts.push(line(at, MARGIN.top, at, HEIGHT - MARGIN.bottom, 'grid'));
    parts.push(text(at, HEIGHT - MARGIN.bottom + 18, shortNumber(10 ** power), 'middle'));
  }
  const yTicks =
    plot.yTicks ?? Object.fromEntries(powers(plot.y).map((p) => [shortNumber(10 ** p), 10 ** p]));
  for (const [label, value] of Object.entries(yTicks)) {
    parts.push(line(MARGIN.left, y(value), end, y(value), 'grid'));
    parts.push(text(MARGIN.left - 8, y(value) + 4, label, 'end'));
  }
  parts.push(text((MARGIN.left + end) / 2, HEIGHT - 12, plot.xLabel, 'middle', 'class="soft"'));
  const middle = (MARGIN.top + HEIGHT - MARGIN.bottom) / 2;
  parts.push(verticalTitle(16, middle, plot.yLabel));

  const labels: Label[] = [];
  plot.series.forEach(({ name, nameSide = 'right', points, style }, index) => {
    const colour = style === 'points' ? 'run' : `s${index % COLOURS}`;
    const positions = points.map(([px, py]) => [x(px), y(py)] as const);
    if (style === 'line') {
      parts.push(polyline(positions, colour));
    } else {
      for (const [px, py] of positions)
        parts.push(
          `<circle cx="${px.toFixed(1)}" cy="${py.toFixed(1)}" r="4.5" class="stroke ${colour}" stroke-width="1.5"/>`,
        );
    }
    const [lastX, lastY] = positions.at(-1) ?? [end, MARGIN.top];
    const nameX = nameSide === 'right' ? lastX + 8 : lastX - 10;
    if (name !== '') labels.push({ name, nameSide, colour, x: nameX, y: lastY + 4 });
  });
  for (const label of apart(labels)) parts.push(nameOf(label));
  return parts.join('\n');
}

interface Label {
  readonly name: string;
  readonly nameSide: 'left' | 'right';
  readonly colour: string;
  readonly x: number;
  readonly y: number;
}

function nameOf({ x, y, name, nameSide, colour }: Label): string {
  return text(x, y, name, nameSide === 'right' ? 'start' : 'end', `class="fill ${colour}"`);
}

/** Moves labels up where they would stand on each other. */
function apart(labels: readonly Label[]): Label[] {
  let last = Number.POSITIVE_INFINITY;
  return labels
    .toSorted((one, other) => other.y - one.y)
    .map((label) => {
      last = Math.min(label.y, last - LINE_HEIGHT);
      return { ...label, y: last };
    });
}

function powers([from, to]: readonly [number, number]): number[] {
  return Array.from({ length: Math.floor(to) - Math.ceil(from) + 1 }, (_, each) => Math.ceil(from) + each);
}

function shortNumber(value: number): string {
  if (value >= 1e6) return `${value / 1e6} M`;
  if (value >= 1e3) return `${value / 1e3} k`;
  return String(value);
}
