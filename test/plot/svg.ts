/**
 * Classes of all plots. An image in a page follows the reader's colour scheme; the colours of the series can
 * be told apart without red and green.
 */
const STYLE = `<style>
.page { fill: #ffffff } .ink { fill: #1f2328 } .soft { fill: #59636e } .grid { stroke: #d8dee4 } .axis { stroke: #59636e }
.s0 { --c: #0072b2 } .s1 { --c: #d55e00 } .s2 { --c: #009e73 } .s3 { --c: #b0568a } .s4 { --c: #2b8cc4 } .s5 { --c: #b87700 }
.run { --c: #1f2328 } .ours { --c: #d55e00 } .other { --c: #8c959f }
.fill { fill: var(--c) } .stroke { fill: none; stroke: var(--c) }
@media (prefers-color-scheme: dark) {
.page { fill: #0d1117 } .ink { fill: #e6edf3 } .soft { fill: #9198a1 } .grid { stroke: #30363d } .axis { stroke: #9198a1 }
.s0 { --c: #58a6ff } .s1 { --c: #ff9d4d } .s2 { --c: #3fd6a5 } .s3 { --c: #e89ac7 } .s4 { --c: #8ccbf5 } .s5 { --c: #f0b429 }
.run { --c: #e6edf3 } .ours { --c: #ff9d4d } .other { --c: #6e7681 }
}
</style>`;

/** A whole image of a width and a height, readable on a light page and on a dark one. */
export function svg(title: string, width: number, height: number, parts: readonly string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(title)}" font-family="sans-serif" font-size="12">`,
    `<title>${escaped(title)}</title>`,
    STYLE,
    `<rect width="${width}" height="${height}" class="page"/>`,
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}

/** A text; `more` are further attributes, of which a class replaces that of plain ink. */
export function text(
  x: number,
  y: number,
  content: string,
  anchor: 'start' | 'middle' | 'end',
  more = 'class="ink"',
): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}" ${more}>${escaped(content)}</text>`;
}

/** The title of a plot. */
export function heading(x: number, content: string): string {
  return text(x, 24, content, 'start', 'class="ink" font-size="15" font-weight="bold"');
}

/** The title of a vertical axis, turned, in the middle of the axis. */
export function verticalTitle(x: number, middle: number, content: string): string {
  return text(x, middle, content, 'middle', `class="soft" transform="rotate(-90 ${x} ${middle})"`);
}

export function line(x1: number, y1: number, x2: number, y2: number, kind: 'grid' | 'axis'): string {
  return `<line x1="${x1.toFixed(1)}" y1="${y1.toFixed(1)}" x2="${x2.toFixed(1)}" y2="${y2.toFixed(1)}" class="${kind}"/>`;
}

/** A line through points, in the colour of a series. */
export function polyline(points: readonly (readonly [x: number, y: number])[], series: string): string {
  const path = points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' ');
  return `<polyline points="${path}" class="stroke ${series}" stroke-width="2"/>`;
}

function escaped(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
