import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DETAIL_TYPES, EVENT_CATALOGUE } from '../../lib/events/catalogue.ts';
import { SCHEMA_VERSION } from '../../lib/events/contracts.ts';
import { asyncApiDocument } from './async-api.ts';
import { eventSchema, slugOf } from './event-schema.ts';
import { exampleEvent } from './examples.ts';

export const ROOT = join(import.meta.dirname, '../..');

/** The document with the table of all events, between these two lines. */
const DOCUMENT = 'docs/events.md';
const BEGIN = '<!-- The table is written by npm run contract. -->';
const END = '<!-- End of the table. -->';

/** Every file of the contract of this version as it must be, by its path from the root. */
export function contractFiles(): ReadonlyMap<string, string> {
  const folder = `schemas/${SCHEMA_VERSION}`;
  const files = DETAIL_TYPES.flatMap((name): [string, unknown][] => [
    [`${folder}/${slugOf(name)}.schema.json`, eventSchema(name)],
    [`${folder}/examples/${slugOf(name)}.json`, exampleEvent(name)],
  ]);
  files.push([`${folder}/asyncapi.json`, asyncApiDocument()]);
  return new Map([
    ...files.map(([path, value]): [string, string] => [path, `${JSON.stringify(value, null, 2)}\n`]),
    [DOCUMENT, withTable(readFileSync(join(ROOT, DOCUMENT), 'utf8'))],
  ]);
}

function withTable(document: string): string {
  const [before = '', rest = ''] = document.split(BEGIN);
  const [, after = ''] = rest.split(END);
  return `${before}${BEGIN}\n${table()}\n${END}${after}`;
}

function table(): string {
  const folder = `../schemas/${SCHEMA_VERSION}`;
  const rows = DETAIL_TYPES.map((name) => {
    const { kind, meaning } = EVENT_CATALOGUE[name];
    const files = `[schema](${folder}/${slugOf(name)}.schema.json), [example](${folder}/examples/${slugOf(name)}.json)`;
    return `| \`${name}\` | ${kind} | ${meaning} | ${files} |`;
  });
  const all = `All of them, as AsyncAPI 3: [asyncapi.json](${folder}/asyncapi.json).`;
  return ['| detail-type | is a | meaning | files |', '|---|---|---|---|', ...rows, '', all].join('\n');
}
