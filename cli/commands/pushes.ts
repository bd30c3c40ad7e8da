import type { Command } from 'commander';
import type { KeyDomainId } from '../../lib/keys/key-domain-id.ts';
import type { MskId } from '../../lib/keys/msk-id.ts';
import { listPushesOfMsk, loadPush } from '../../lib/store/ledger/push.ts';
import { loadTotals } from '../../lib/store/ledger/push-chain.ts';
import {
  type CommandOptions,
  KEY_DOMAIN_ARGUMENT,
  mskIdArgument,
  withExamples,
  withStack,
} from '../options.ts';
import { createPrint } from '../output.ts';
import { findBmsc } from '../stack.ts';
import { fieldsOfPush, progressLine } from './push-progress.ts';

/** `bmsc pushes`: the pushes of an MSK in the ledger. */
export function addPushesCommand(program: Command): void {
  const pushes = program
    .command('pushes')
    .description('the pushes of an MSK in the last 90 days, the latest first');
  withStack(pushes)
    .argument(...KEY_DOMAIN_ARGUMENT)
    .argument(...mskIdArgument('e.g. 00010001; Key Number 0000: the solicited pulls of the Key Group'))
    .action(listPushes);
  withExamples(pushes, 'pushes 001-01 00010002 --local');
}

async function listPushes(keyDomainId: KeyDomainId, mskId: MskId, options: CommandOptions): Promise<void> {
  const { store } = await findBmsc(options);
  const print = createPrint(options.json);
  const pushIds = await listPushesOfMsk(store, keyDomainId, mskId);
  if (pushIds.length === 0 && options.json !== true) print('no push of this MSK in the last 90 days', {});
  for (const pushId of pushIds) {
    const push = await loadPush(store, pushId);
    if (push === undefined) continue;
    const totals = await loadTotals(store, push);
    const startedAt = new Date(push.startedAt).toISOString();
    const line = progressLine(push, totals, Date.now());
    print(`${startedAt}  ${pushId}  ${line}`, fieldsOfPush(push, totals));
  }
}
