import { createReadStream, statSync } from 'node:fs';
import type { Readable } from 'node:stream';
import type { Command } from 'commander';
import { tableIdentity } from '../../lib/store/table-identity.ts';
import { parseConcurrency } from '../arguments.ts';
import { EXIT, PartlyError, UsageError } from '../errors.ts';
import { type ImportResult, importFile } from '../import/import-file.ts';
import type { ImportKind } from '../import/import-kind.ts';
import { ImportProgress } from '../import/import-progress.ts';
import { ASSOCIATIONS } from '../import/kinds/associations.ts';
import { BLOCKS } from '../import/kinds/blocks.ts';
import { SERVICES } from '../import/kinds/services.ts';
import { SUBSCRIBERS, SUBSCRIPTIONS } from '../import/kinds/subscribers.ts';
import { StateFile } from '../import/state-file.ts';
import { type CommandOptions, withExamples, withStack } from '../options.ts';
import { createPrint } from '../output.ts';
import { type DeployedBmsc, findBmsc } from '../stack.ts';
import { addImportMskCommand } from './import-msk.ts';

interface Options extends CommandOptions {
  readonly dryRun?: boolean;
  readonly restart?: boolean;
  readonly rejected?: string;
  readonly concurrency: number;
}

/** Standard input in place of a file. */
const STANDARD_INPUT = '-';

/** `bmsc import …`: many things from a file. */
export function addImportCommands(program: Command): void {
  const group = program
    .command('import')
    .description('write many things from a CSV or JSON Lines file, or keys of another network');
  withExamples(group, 'import subscribers subscribers.csv --rejected rejected.csv --local');
  addImportCommand(group, SUBSCRIBERS, 'subscribers, each with its subscriptions', [
    'import subscribers subscribers.csv --rejected rejected.csv --local',
    'import subscribers - --dry-run --local < subscribers.jsonl',
  ]);
  addImportCommand(group, SUBSCRIPTIONS, 'subscriptions, one in each row', [
    'import subscriptions subscriptions.csv --local',
  ]);
  addImportCommand(group, ASSOCIATIONS, 'bootstrapped associations, with wrapped keys or plain ones', [
    'import associations associations.csv --local',
  ]);
  addImportCommand(group, SERVICES, 'User Services with their Key Groups', [
    'import services services.csv --local',
  ]);
  addImportMskCommand(group);
  addImportCommand(group, BLOCKS, 'subscribers that are cut off at once, as by "bmsc block"', [
    'import blocks blocks.csv --local',
  ]);
}

function addImportCommand<Entry>(
  group: Command,
  kind: ImportKind<Entry>,
  description: string,
  examples: readonly string[],
): void {
  const command = group.command(kind.name).description(description);
  withStack(command)
    .argument('<file>', 'CSV with a header, or an object a line; - for standard input')
    .option('--dry-run', 'check every row, and write nothing')
    .option('--rejected <file>', 'where rows go that are wrong, with their lines and the reasons')
    .option('--restart', 'begin at the first row, though an earlier import of the file was interrupted')
    .option('--concurrency <n>', 'writes at the same time', parseConcurrency, 32)
    .action((file: string, options: Options) => runImport(kind, file, options));
  const { required, optional } = kind.columns;
  const may = optional.length === 0 ? '' : `; may have: ${optional.join(', ')}`;
  command.addHelpText('after', `\nColumns: ${required.join(', ')}${may}`);
  withExamples(command, ...examples);
}

async function runImport<Entry>(kind: ImportKind<Entry>, file: string, options: Options): Promise<void> {
  const { json, dryRun = false, restart = false, concurrency } = options;
  const bmsc = await findBmsc(options);
  const { input, size, state } = await opened(bmsc, kind.name, file, dryRun);
  const stop = new AbortController();
  // A second Ctrl-C ends it at once.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  const progress = new ImportProgress(input, size, { json, isQuiet: options.rejected !== undefined });
  try {
    const result = await importFile(bmsc, kind, {
      input,
      state,
      isResuming: !restart,
      rejectedFile: options.rejected,
      concurrency,
      isDry: dryRun,
      signal: stop.signal,
      onRejected: (line, reason) => progress.rejected(line, reason),
      onWarning: (warning) => progress.warn(warning),
      onProgress: (counts) => progress.show(counts),
    });
    progress.end();
    report(kind.name, result, progress.seconds, { ...options, dryRun });
  } finally {
    progress.end();
  }
}

/** @throws UsageError for a file that can't be read */
async function opened(
  { store }: DeployedBmsc,
  kind: string,
  file: string,
  isDry: boolean,
): Promise<{ input: Readable; size: number | undefined; state: StateFile | undefined }> {
  if (file === STANDARD_INPUT) return { input: process.stdin, size: undefined, state: undefined };
  try {
    const { size, mtimeMs } = statSync(file);
    const input = createReadStream(file);
    await new Promise((resolve, reject) => input.once('open', resolve).once('error', reject));
    if (isDry) return { input, size, state: undefined };
    const identity = { kind, table: await tableIdentity(store), size, changedAt: mtimeMs };
    return { input, size, state: new StateFile(file, identity) };
  } catch (cause) {
    if (cause instanceof Error && 'syscall' in cause && 'path' in cause)
      throw new UsageError(`can't read ${file}: ${cause.message}`, { cause });
    throw cause;
  }
}

/** Prints what became of it, and sets the exit code. @throws PartlyError for one that was interrupted */
function report(kind: string, result: ImportResult, seconds: number, options: Options): void {
  const { rows, imported, rejected, resumedAfter, rejectedBefore, isComplete, doneLine } = result;
  const rejections = rejected + rejectedBefore;
  const rate = Math.round(rows / Math.max(0.001, seconds));
  const verb = options.dryRun === true ? 'would be imported' : 'imported';
  const parts = [
    `${imported} of ${rows} rows ${verb}`,
    ...(rejections === 0 ? [] : [`${rejections} rejected`]),
    ...(resumedAfter === 0 ? [] : [`after line ${resumedAfter}, which an earlier import had reached`]),
    `${seconds.toFixed(1)} s`,
    `${rate}/s`,
  ];
  createPrint(options.json)(parts.join(', '), {
    kind,
    rows,
    imported,
    rejected: rejections,
    resumedAfter,
    isComplete,
    isDryRun: options.dryRun === true,
    seconds: Math.round(seconds * 10) / 10,
  });
  if (!isComplete)
    throw new PartlyError(`interrupted: all rows up to line ${doneLine} are done; run it again to go on`);
  if (rejections > 0) process.exitCode = EXIT.partly;
}
