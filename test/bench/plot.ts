/** A bar of a bar chart, or a point of a line. */
export interface Mark {
  readonly label: string;
  readonly value: number;
}

const WIDTH = 720;
const ROW = 26;
const LEFT = 250;
const RIGHT = 70;
const TOP = 44;

/** A bar chart as SVG: one row for each mark, as long as its value. */
export function barChart(title: string, marks: readonly Mark[], format: (value: number) => string): string {
  const most = Math.max(...marks.map(({ value }) => value));
  const rows = marks.map(({ label, value }, index) => {
    const y = TOP + index * ROW;
    const length = ((WIDTH - LEFT - RIGHT) * value) / most;
    return [
      text(LEFT - 8, y + 14, label, 'end'),
      `<rect x="${LEFT}" y="${y}" width="${length.toFixed(1)}" height="${ROW - 8}" fill="#4472a8"/>`,
      text(LEFT + length + 6, y + 14, format(value), 'start'),
    ].join('\n');
  });
  return svg(title, TOP + marks.length * ROW + 8, [text(12, 24, title, 'start', 15), ...rows]);
}

/** A line through marks at equal distances, from zero up, as SVG. */
export function lineChart(title: string, marks: readonly Mark[], format: (value: number) => string): string {
  const height = 240;
  const most = Math.max(...marks.map(({ value }) => value)) * 1.2;
  const points = marks.map(({ value }, index) => ({
    x: 60 + ((WIDTH - 120) * index) / Math.max(marks.length - 1, 1),
    y: height - 36 - ((height - 90) * value) / most,
  }));
  const labels = marks.flatMap(({ label, value }, index) => {
    const { x = 0, y = 0 } = points[index] ?? {};
    return [
      `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="3" fill="#4472a8"/>`,
      text(x, y - 10, format(value), 'middle'),
      text(x, height - 14, label, 'middle'),
    ];
  });
  const path = points.map(({ x, y }) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' ');
  return svg(title, height, [
    text(12, 24, title, 'start', 15),
    `<line x1="40" y1="${height - 36}" x2="${WIDTH - 40}" y2="${height - 36}" stroke="#888"/>`,
    `<polyline points="${path}" fill="none" stroke="#4472a8" stroke-width="2"/>`,
    ...labels,
  ]);
}

function text(x: number, y: number, content: string, anchor: string, size = 12): string {
  const escaped = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}" font-size="${size}">${escaped}</text>`;
}

function svg(title: string, height: number, parts: readonly string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${title}" font-family="sans-serif">`,
    `<title>${title}</title>`,
    `<rect width="${WIDTH}" height="${height}" fill="white"/>`,
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}
