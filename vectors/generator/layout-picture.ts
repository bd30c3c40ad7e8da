import type { PlacedField } from './mikey-draft.ts';
import { hex } from './octets.ts';

const PER_ROW = 16;
const CELL = { width: 34, height: 24 } as const;
const LEFT = 56;
const TOP = 64;

/** A colour for each payload, for light pages and for dark ones. */
const COLOURS: Readonly<Record<string, readonly [light: string, dark: string]>> = {
  HDR: ['#ddf4ff', '#0c2d6b'],
  T: ['#fff8c5', '#4b3500'],
  RAND: ['#dafbe1', '#033a16'],
  IDi: ['#fbefff', '#3c1e70'],
  IDr: ['#ffeff7', '#5e103e'],
  EXT: ['#ffe2cc', '#5a1e02'],
  KEMAC: ['#d0d7de', '#3d444d'],
  V: ['#d0d7de', '#3d444d'],
};

/**
 * A picture of a message, 16 octets in a row, coloured by payload. A thick line starts a field, and its name
 * shows under the pointer.
 */
export function layoutPicture(title: string, fields: readonly PlacedField[]): string {
  const payloads = [...new Set(fields.map(({ payload }) => payload))];
  const length = fields.reduce((sum, { value }) => sum + value.length, 0);
  const width = LEFT + PER_ROW * CELL.width + 12;
  const height = TOP + Math.ceil(length / PER_ROW) * CELL.height + 12;
  const rows = Array.from({ length: Math.ceil(length / PER_ROW) }, (_, row) => {
    const y = TOP + row * CELL.height + 16;
    return `<text class="at" x="${LEFT - 8}" y="${y}" text-anchor="end">${row * PER_ROW}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">
<title>${title}: ${length} octets</title>
${styleOf(payloads)}
<text x="8" y="20" class="title">${title}: ${length} octets</text>
${payloads.map(legend).join('\n')}
${rows.join('\n')}
${fields.map(cellsOf).join('\n')}
</svg>
`;
}

function styleOf(payloads: readonly string[]): string {
  const fill = (shade: 0 | 1) =>
    payloads.map((name) => `.${name} { fill: ${COLOURS[name]?.[shade]}; }`).join(' ');
  return `<style>
text { font: 12px ui-monospace, Menlo, Consolas, monospace; fill: #1f2328; }
.title { font: bold 14px Helvetica, Arial, sans-serif; } .at { fill: #59636e; }
rect { stroke: #8c959f; stroke-width: 0.5; } .start { stroke: #1f2328; stroke-width: 2; }
${fill(0)}
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3; } .at { fill: #9198a1; } rect { stroke: #656c76; } .start { stroke: #e6edf3; }
${fill(1)}
}
</style>`;
}

function legend(name: string, index: number): string {
  const x = LEFT + index * 76;
  return `<rect class="${name}" x="${x}" y="34" width="14" height="14"/><text x="${x + 19}" y="46">${name}</text>`;
}

function cellsOf({ payload, name, at, value }: PlacedField): string {
  const cells = [...value].map((octet, index) => {
    const { x, y } = placeOf(at + index);
    return `<rect class="${payload}" x="${x}" y="${y}" width="${CELL.width}" height="${CELL.height}"/><text x="${x + 10}" y="${y + 16}">${hex(Uint8Array.of(octet))}</text>`;
  });
  const { x, y } = placeOf(at);
  const start = `<path class="start" d="M${x} ${y}v${CELL.height}"/>`;
  return `<g><title>${payload}: ${name}</title>${cells.join('')}${start}</g>`;
}

function placeOf(octet: number): { x: number; y: number } {
  return { x: LEFT + (octet % PER_ROW) * CELL.width, y: TOP + Math.floor(octet / PER_ROW) * CELL.height };
}
