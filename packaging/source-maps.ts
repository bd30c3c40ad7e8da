import { readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { decode, encode, type SourceMapSegment } from '@jridgewell/sourcemap-codec';

/**
 * Rewrites the map of a compiled file. Its source is named as a file beside, wherever that is installed. It
 * maps to lines alone: a place is mapped where the line of the source changes, for columns would take three
 * quarters of the map, and the package has 1 MB.
 * @param keepsSource whether the map holds the source, too
 */
export function shortenMap(file: string, keepsSource: boolean): void {
  const { sourcesContent, names: _, ...map } = JSON.parse(readFileSync(file, 'utf8'));
  const sources = [basename(file).replace(/\.js\.map$/, '.ts')];
  const mappings = encode(decode(map.mappings).map(linesOf));
  const content = keepsSource ? { sourcesContent } : {};
  writeFileSync(file, JSON.stringify({ ...map, sources, names: [], mappings, ...content }));
}

/** Of the mapped places of a line, those where a line of the source begins to be mapped. */
function linesOf(line: readonly SourceMapSegment[]): SourceMapSegment[] {
  return line.filter(([, , sourceLine], index) => sourceLine !== line[index - 1]?.[2]);
}
