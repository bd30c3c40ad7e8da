import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Command } from 'commander';
import { formatKeyGroupRef } from '../../lib/store/key-group/key-group-item.ts';
import { listBlocked } from '../../lib/store/registration/block.ts';
import { allSubscribers } from '../../lib/store/registration/list-subscribers.ts';
import { allUserServices } from '../../lib/store/registration/user-service.ts';
import type { Table } from '../../lib/store/table.ts';
import { csvLine } from '../csv.ts';
import { type CommandOptions, withExamples, withStack } from '../options.ts';
import { findBmsc } from '../stack.ts';
import { addExportKeysCommand } from './export-keys.ts';
import { addExportMbsContextCommand } from './export-mbs-context.ts';

/** A row as an import takes it: a list is an array, and in CSV a text with blanks. */
export type ExportedRow = Readonly<Record<string, string | readonly string[]>>;

/** One kind of thing that is exported. */
export interface ExportKind {
  readonly name: string;
  readonly description: string;
  readonly columns: readonly string[];
  readonly rows: (table: Table) => AsyncGenerator<ExportedRow>;
}

const BLOCKS_PER_READ = 100;

/** What `bmsc import` takes again. No row has a key in it. */
export const EXPORT_KINDS: readonly ExportKind[] = [
  {
    name: 'subscribers',
    description: 'all subscribers, each with its subscriptions',
    columns: ['impi', 'services'],
    rows: async function* (table) {
      for await (const { impi, subscribed } of allSubscribers(table))
        yield { impi, services: [...subscribed].sort() };
    },
  },
  {
    name: 'subscriptions',
    description: 'all subscriptions, one in each row',
    columns: ['impi', 'serviceId'],
    rows: async function* (table) {
      for await (const { impi, subscribed } of allSubscribers(table))
        for (const serviceId of [...subscribed].sort()) yield { impi, serviceId };
    },
  },
  {
    name: 'blocks',
    description: 'all blocked subscribers',
    columns: ['impi'],
    rows: async function* (table) {
      let after: string | undefined;
      do {
        const { entries, next } = await listBlocked(table, { after, limit: BLOCKS_PER_READ });
        for (const impi of entries) yield { impi };
        after = next;
      } while (after !== undefined);
    },
  },
  {
    name: 'services',
    description: 'all User Services with their Key Groups',
    columns: ['serviceId', 'keyGroups'],
    rows: async function* (table) {
      for await (const { serviceId, keyGroups } of allUserServices(table))
        if (keyGroups.length > 0) yield { serviceId, keyGroups: keyGroups.map(formatKeyGroupRef).sort() };
    },
  },
];

/** `bmsc export …`: what `bmsc import` takes again. */
export function addExportCommands(program: Command): void {
  const group = program
    .command('export')
    .description(
      'print what "bmsc import" takes again, as CSV or with --json as JSON Lines; and keys for other systems',
    );
  withExamples(group, 'export subscribers --local > subscribers.csv');
  for (const kind of EXPORT_KINDS) {
    const command = group.command(kind.name).description(kind.description);
    withStack(command).action((options: CommandOptions) => exportAll(kind, options));
    withExamples(command, `export ${kind.name} --local > ${kind.name}.csv`);
  }
  addExportKeysCommand(group);
  addExportMbsContextCommand(group);
}

async function exportAll(kind: ExportKind, options: CommandOptions): Promise<void> {
  const { store } = await findBmsc(options);
  try {
    const lines = exportedLines(kind, store, options.json === true);
    await pipeline(Readable.from(lines), process.stdout, { end: false });
  } catch (error) {
    // Who reads it, as `head` does, has read enough.
    if (!(error instanceof Error && 'code' in error && error.code === 'EPIPE')) throw error;
  }
}

/** The lines of an export. */
export async function* exportedLines(
  { columns, rows }: ExportKind,
  table: Table,
  isJson: boolean,
): AsyncGenerator<string> {
  if (!isJson) yield csvLine(columns);
  for await (const row of rows(table)) {
    if (isJson) yield `${JSON.stringify(row)}\n`;
    else yield csvLine(columns.map((column) => textOf(row[column])));
  }
}

function textOf(value: ExportedRow[string] | undefined): string {
  return typeof value === 'string' ? value : (value ?? []).join(' ');
}
