import { createHash } from 'node:crypto';
import { renameSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from 'commander';
import type { KeyDomainId } from '../../lib/keys/key-domain-id.ts';
import { formatKeyGroup, formatMskId } from '../../lib/keys/msk-id.ts';
import { keysOf } from '../../lib/mbs/keys-of-session.ts';
import { encodeMbsSecurityContext } from '../../lib/mbs/security-context.ts';
import { CliError } from '../errors.ts';
import {
  type CommandOptions,
  KEY_DOMAIN_ARGUMENT,
  KEY_GROUP_ARGUMENT,
  withExamples,
  withStack,
} from '../options.ts';
import { createPrint } from '../output.ts';
import { findBmsc } from '../stack.ts';

interface Options extends CommandOptions {
  readonly file: string;
  readonly follow?: boolean;
}

/** Time between two looks at the Key Group, in ms. */
const LOOK_MS = 1000;

/** `bmsc export mbs-context`: the security context of TS 29.571 in a file, which has keys in clear. */
export function addExportMbsContextCommand(group: Command): void {
  const command = group
    .command('mbs-context')
    .description(
      'the MSKs of a Key Group as an MBS security context (5MBS), in clear, in a file of its owner alone',
    );
  withStack(command)
    .argument(...KEY_DOMAIN_ARGUMENT)
    .argument(...KEY_GROUP_ARGUMENT)
    .requiredOption('--file <name>', 'is written anew as a whole, with mode 0600')
    .option('--follow', 'write it again whenever MSKs change, until Ctrl-C')
    .action(exportMbsContext);
  withExamples(command, 'export mbs-context 001-01 0001 --file mbs-context.json --local');
}

async function exportMbsContext(keyDomainId: KeyDomainId, keyGroup: number, options: Options): Promise<void> {
  const { file, follow } = options;
  const { store } = await findBmsc(options);
  const print = createPrint(options.json);
  let isEnded = false;
  const end = () => {
    isEnded = true;
  };
  if (follow) for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, end);
  let written = '';
  do {
    const keys = await keysOf(store, { keyDomainId, keyGroup });
    const digest = keys.length === 0 ? '' : writeContext(file, keys, written);
    if (digest === '' && follow !== true)
      throw new CliError(
        `Key Group ${formatKeyGroup(keyGroup)} of ${keyDomainId} has no MSK; nothing was written`,
      );
    const mskIds = keys.map(({ mskId }) => formatMskId(mskId));
    if (digest !== '' && digest !== written)
      print(`${file} has MSK ${mskIds.join(' and ')}`, { file, keyDomainId, mskIds });
    written = digest;
    if (follow) await delay(LOOK_MS);
  } while (follow && !isEnded);
}

/** Writes a context unless it is the one that was `written`. @returns what stands for it, and is no key */
function writeContext(file: string, keys: Awaited<ReturnType<typeof keysOf>>, written: string): string {
  const context = encodeMbsSecurityContext(keys);
  const digest = createHash('sha256').update(context).digest('hex');
  if (digest !== written) {
    // Whoever reads it finds the one before or this one, and nothing half.
    writeFileSync(`${file}.new`, context, { mode: 0o600 });
    renameSync(`${file}.new`, file);
  }
  context.fill(0);
  return digest;
}
