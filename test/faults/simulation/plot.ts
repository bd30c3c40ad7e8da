/** A line or a set of points; x and y in the units of the axes. */
export interface Series {
  /** Stands beside the last point; may be empty. */
  readonly name: string;
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
/** Distinguishable for a reader who does not see red or green. */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#56b4e9', '#e69f00'];

/** Plots side by side as one SVG image. */
export function plotsAsSvg(title: string, plots: readonly Plot[]): string {
  const width = plots.length * (WIDTH + GAP) - GAP;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${HEIGHT}" font-family="sans-serif" font-size="12">`,
    `<title>${title}</title>`,
    `<rect width="${width}" height="${HEIGHT}" fill="#ffffff"/>`,
    ...plots.map((plot, index) => `<g transform="translate(${index * (WIDTH + GAP)} 0)">${drawn(plot)}</g>`),
    '</svg>',
    '',
  ].join('\n');
}

function drawn(plot: Plot): string {
  const inner = { width: WIDTH - MARGIN.left - MARGIN.right, height: HEIGHT - MARGIN.top - MARGIN.bottom };
  const scale = (value: number, [from, to]: readonly [number, number], length: number) =>
    ((Math.log10(value) - from) / (to - from)) * length;
  const x = (value: number) => MARGIN.left + scale(value, plot.x, inner.width);
  const y = (value: number) => HEIGHT - MARGIN.bottom - scale(value, plot.y, inner.height);
  const end = WIDTH - MARGIN.right;
  const parts = [text(MARGIN.left, 24, plot.title, 'start', 'font-size="15" font-weight="bold"')];

  for (const power of powers(plot.x)) {
    const at = x(10 ** power);
    parts.push(line(at, MARGIN.top, at, HEIGHT - MARGIN.bottom, '#dddddd'));
    parts.push(text(at, HEIGHT - MARGIN.bottom + 18, shortNumber(10 ** power), 'middle'));
  }
  const yTicks =
    plot.yTicks ?? Object.fromEntries(powers(plot.y).map((p) => [shortNumber(10 ** p), 10 ** p]));
  for (const [label, value] of Object.entries(yTicks)) {
    parts.push(line(MARGIN.left, y(value), end, y(value), '#dddddd'));
    parts.push(text(MARGIN.left - 8, y(value) + 4, label, 'end'));
  }
  parts.push(text((MARGIN.left + end) / 2, HEIGHT - 12, plot.xLabel, 'middle'));
  const middle = (MARGIN.top + HEIGHT - MARGIN.bottom) / 2;
  parts.push(text(16, middle, plot.yLabel, 'middle', `transform="rotate(-90 16 ${middle})"`));

  const labels: Label[] = [];
  plot.series.forEach(({ name, points, style }, index) => {
    const colour = style === 'points' ? '#000000' : (COLOURS[index % COLOURS.length] ?? '#000000');
    const positions = points.map(([px, py]) => [x(px), y(py)] as const);
    if (style === 'line') {
      const path = positions.map(([px, py]) => `${px.toFixed(1)},${py.toFixed(1)}`).join(' ');
      parts.push(`<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"/>`);
    } else {
      for (const [px, py] of positions)
        parts.push(
          `<circle cx="${px.toFixed(1)}" cy="${py.toFixed(1)}" r="4.5" fill="none" stroke="${colour}" stroke-width="1.5"/>`,
        );
    }
    const [lastX, lastY] = positions.at(-1) ?? [end, MARGIN.top];
    if (name !== '') labels.push({ name, colour, x: lastX + 8, y: lastY + 4 });
  });
  for (const label of apart(labels))
    parts.push(text(label.x, label.y, label.name, 'start', `fill="${label.colour}"`));
  return parts.join('\n');
}

interface Label {
  readonly name: string;
  readonly colour: string;
  readonly x: number;
  readonly y: number;
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

function line(x1: number, y1: number, x2: number, y2: number, colour: string): string {
  return `<line x1="${x1.toFixed(1)}" y1="${y1.toFixed(1)}" x2="${x2.toFixed(1)}" y2="${y2.toFixed(1)}" stroke="${colour}"/>`;
}

function text(x: number, y: number, content: string, anchor: string, more = ''): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}" ${more}>${content}</text>`;
}

function shortNumber(value: number): string {
  if (value >= 1e6) return `${value / 1e6} M`;
  if (value >= 1e3) return `${value / 1e3} k`;
  return String(value);
}
