import type { Command } from 'commander';
import { listHolders } from '../../lib/distribution/holders/list-holders.ts';
import type { KeyDomainId } from '../../lib/keys/key-domain-id.ts';
import type { MskId } from '../../lib/keys/msk-id.ts';
import { UsageError } from '../errors.ts';
import {
  type CommandOptions,
  KEY_DOMAIN_ARGUMENT,
  mskIdArgument,
  withExamples,
  withStack,
} from '../options.ts';
import { createPrint } from '../output.ts';
import { findBmsc } from '../stack.ts';

const LISTS = ['all', 'verified', 'sent', 'missing'];

/** `bmsc list holders`: which UEs hold an MSK, as the ledger has it. */
export function addHoldersCommand(list: Command): void {
  const holders = list.command('holders').description('who holds an MSK, who does not, and why');
  withStack(holders)
    .argument(...KEY_DOMAIN_ARGUMENT)
    .argument(...mskIdArgument('e.g. 00010001'))
    .option(
      '--list <state>',
      'list UEs: "all", "verified", "sent", or "missing" for those not known to hold it',
    )
    .action(showHolders);
  holders.addHelpText('after', '\nUEs that got the MSK on their own request appear after some 5 s.');
  withExamples(holders, 'list holders 001-01 00010002 --list missing --local');
}

async function showHolders(
  keyDomainId: KeyDomainId,
  mskId: MskId,
  options: CommandOptions & { readonly list?: string },
): Promise<void> {
  const { list } = options;
  if (list !== undefined && !LISTS.includes(list)) throw new UsageError(`--list takes ${LISTS.join(', ')}`);
  const { store } = await findBmsc(options);
  const print = createPrint(options.json);
  const counts: Record<string, number> = {};
  for await (const { impi, state } of listHolders(store, keyDomainId, mskId)) {
    counts[state] = (counts[state] ?? 0) + 1;
    const isMissing = state !== 'verified' && state !== 'sent';
    if (list === 'all' || list === state || (list === 'missing' && isMissing))
      print(`${state}  ${impi}`, { impi, state });
  }
  const parts = Object.entries(counts).map(([state, count]) => `${count} ${state}`);
  print(parts.length === 0 ? 'nobody was sent this MSK' : parts.join(', '), { counts });
}
