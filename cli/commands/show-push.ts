import type { Command } from 'commander';
import { loadPush } from '../../lib/store/ledger/push.ts';
import { loadTotals } from '../../lib/store/ledger/push-chain.ts';
import { RefusedError } from '../errors.ts';
import { type CommandOptions, WATCH_OPTION, withExamples, withStack } from '../options.ts';
import { createPrint } from '../output.ts';
import { findBmsc } from '../stack.ts';
import { exitCodeOf, fieldsOfPush, noPush, progressLine, throwRefusal, watchPush } from './push-progress.ts';

/** `bmsc show push`: the progress of a push in the ledger. */
export function addShowPushCommand(show: Command): void {
  const push = show.command('push').description('how far a push has come');
  withStack(push)
    .argument('<pushId>')
    .option(...WATCH_OPTION)
    .action(showPush);
  withExamples(push, 'show push 5f0c6c1e-0c5c-4a52-9d4b-0d3f3a1d2b7e --watch --local');
}

async function showPush(
  pushId: string,
  options: CommandOptions & { readonly watch?: boolean },
): Promise<void> {
  const bmsc = await findBmsc(options);
  if (options.watch === true) {
    process.exitCode = exitCodeOf(
      await watchPush(bmsc, pushId, { json: options.json === true, isOwn: false }),
    );
    return;
  }
  const push = await loadPush(bmsc.store, pushId);
  if (push === undefined) await throwRefusal(bmsc.store, pushId);
  if (push === undefined) throw new RefusedError('unknown-push', noPush(pushId));
  const totals = await loadTotals(bmsc.store, push);
  createPrint(options.json)(progressLine(push, totals, Date.now()), fieldsOfPush(push, totals));
}
