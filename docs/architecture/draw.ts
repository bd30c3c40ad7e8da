import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { instance } from '@viz-js/viz';

const STYLE = `<style>
  text { font-family: Helvetica, Arial, sans-serif; fill: #1f2328; }
  .edge path { stroke: #57606a; }
  .edge polygon { fill: #57606a; stroke: #57606a; }
  .key path { stroke: #0969da; }
  .key polygon { fill: #0969da; stroke: #0969da; }
  .aws path, .aws polygon { fill: #f6f8fa; stroke: #57606a; }
  .own path { fill: #ddf4ff; stroke: #0969da; }
  .outside path { fill: #fff8c5; stroke: #9a6700; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .edge path { stroke: #9198a1; }
    .edge polygon { fill: #9198a1; stroke: #9198a1; }
    .key path { stroke: #58a6ff; }
    .key polygon { fill: #58a6ff; stroke: #58a6ff; }
    .aws path, .aws polygon { fill: #161b22; stroke: #9198a1; }
    .own path { fill: #0c2d6b; stroke: #58a6ff; }
    .outside path { fill: #3b2300; stroke: #d29922; }
  }
</style>`;

/**
 * The SVG of a Graphviz source, with colours for light and dark pages, and nothing that changes from run to
 * run.
 */
export async function drawPicture(dot: string): Promise<string> {
  const svg = (await instance()).renderString(dot, { format: 'svg' });
  return svg
    .slice(svg.indexOf('<svg'))
    .replace(/<!--[\s\S]*?-->\n?/g, '')
    .replace(/\n<title>[^<]*<\/title>/g, '')
    .replace(/(<svg[^>]*>)/, `$1\n${STYLE}`);
}

export const SOURCE = join(import.meta.dirname, 'architecture.dot');
export const PICTURE = join(import.meta.dirname, 'architecture.svg');

if (process.argv[1] === import.meta.filename)
  writeFileSync(PICTURE, await drawPicture(readFileSync(SOURCE, 'utf8')));
