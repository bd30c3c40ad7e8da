import type { Command } from 'commander';
import { listHolders } from '../../lib/distribution/holders.ts';
import type { KeyDomainId } from '../../lib/keys/key-domain-id.ts';
import type { MskId } from '../../lib/keys/msk-id.ts';
import { listPushesOfMsk, loadPush } from '../../lib/store/ledger/push.ts';
import { loadTotals } from '../../lib/store/ledger/push-chain.ts';
import { aKeyDomainId, anMskId } from '../arguments.ts';
import { CliError } from '../errors.ts';
import { sayer } from '../output.ts';
import { findBmsc, type StackOptions } from '../stack.ts';
import { factsOf, progressLine, watchPush } from './push-progress.ts';

type Options = StackOptions & { readonly json?: boolean; readonly watch?: boolean; readonly list?: string };

/** `bmsc pushes`, `bmsc push-status` and `bmsc holders`: what the ledger says of pushes, and of who holds what. */
export function addLedgerCommands(program: Command, withStack: (command: Command) => Command): void {
  withStack(program.command('pushes').description('the pushes of an MSK, the latest first'))
    .argument('<keyDomainId>', 'e.g. 00f110 or 001-01', aKeyDomainId)
    .argument('<mskId>', 'e.g. 00010001; Key Number 0000: the solicited pulls of the Key Group', anMskId)
    .addHelpText('after', '\nExample:\n  bmsc pushes 001-01 00010002 --local')
    .action(async (keyDomainId: KeyDomainId, mskId: MskId, options: Options) => {
      const { store } = await findBmsc(options);
      for (const pushId of await listPushesOfMsk(store, keyDomainId, mskId)) {
        const push = await loadPush(store, pushId);
        if (push === undefined) continue;
        const totals = await loadTotals(store, push);
        const startedAt = new Date(push.startedAt).toISOString();
        sayer(options.json)(
          `${startedAt}  ${pushId}  ${progressLine(push, totals, Date.now())}`,
          factsOf(push, totals),
        );
      }
    });

  withStack(program.command('push-status').description('how far a push has come'))
    .argument('<pushId>')
    .option('--watch', 'show how it goes, until it is through')
    .addHelpText(
      'after',
      '\nExample:\n  bmsc push-status 5f0c6c1e-0c5c-4a52-9d4b-0d3f3a1d2b7e --watch --local',
    )
    .action(async (pushId: string, options: Options) => {
      const bmsc = await findBmsc(options);
      if (options.watch === true) return watchPush(bmsc, pushId, options.json === true);
      const push = await loadPush(bmsc.store, pushId);
      if (push === undefined) throw new CliError(`there is no push ${pushId}, or none any more`);
      const totals = await loadTotals(bmsc.store, push);
      sayer(options.json)(progressLine(push, totals, Date.now()), factsOf(push, totals));
    });

  withStack(program.command('holders').description('who holds an MSK, who does not, and why'))
    .argument('<keyDomainId>', 'e.g. 00f110 or 001-01', aKeyDomainId)
    .argument('<mskId>', 'e.g. 00010001', anMskId)
    .option(
      '--list <state>',
      'list UEs: "all", "verified", "sent", or "missing" for those not known to hold it',
    )
    .addHelpText('after', '\nExample:\n  bmsc holders 001-01 00010002 --list missing --local')
    .action(async (keyDomainId: KeyDomainId, mskId: MskId, options: Options) => {
      const { list } = options;
      if (list !== undefined && !LISTS.includes(list)) throw new CliError(`--list takes ${LISTS.join(', ')}`);
      const { store } = await findBmsc(options);
      const say = sayer(options.json);
      const counts: Record<string, number> = {};
      for await (const { impi, state } of listHolders(store, keyDomainId, mskId)) {
        counts[state] = (counts[state] ?? 0) + 1;
        const isMissing = state !== 'verified' && state !== 'sent';
        if (list === 'all' || list === state || (list === 'missing' && isMissing))
          say(`${state}  ${impi}`, { impi, state });
      }
      const parts = Object.entries(counts).map(([state, count]) => `${count} ${state}`);
      say(parts.length === 0 ? 'nobody was sent this MSK' : parts.join(', '), { counts });
    });
}

const LISTS = ['all', 'verified', 'sent', 'missing'];
