import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import { cancelPush } from '../../lib/store/ledger/cancel-push.ts';
import { RefusedError } from '../errors.ts';
import { type CommandOptions, withExamples, withStack } from '../options.ts';
import { createPrint } from '../output.ts';
import { findBmsc } from '../stack.ts';

/** `bmsc cancel …`, and `bmsc push cancel` beside it: stops what is under way. */
export function addCancelCommands(program: Command, push: Command): void {
  const cancel = program.command('cancel').description('stop what is under way');
  withExamples(cancel, 'cancel push 5f0c6c1e-0c5c-4a52-9d4b-0d3f3a1d2b7e --local');
  for (const [parent, name, example] of [
    [cancel, 'push', 'cancel push'],
    [push, 'cancel', 'push cancel'],
  ] as const) {
    const command = parent
      .command(name)
      .description('stop a push or a solicitation at all senders, within seconds');
    withStack(command).argument('<pushId>').action(runCancel);
    withExamples(command, `${example} 5f0c6c1e-0c5c-4a52-9d4b-0d3f3a1d2b7e --local`);
  }
}

async function runCancel(pushId: string, options: CommandOptions): Promise<void> {
  const { store } = await findBmsc(options);
  const result = await cancelPush(store, pushId, { now: Date.now(), id: randomUUID() });
  if (result === 'unknown')
    throw new RefusedError('unknown-push', `there is no push ${pushId}, or no sender has taken it up yet`);
  if (result === 'completed')
    throw new RefusedError('completed', `push ${pushId} is completed: there is nothing to stop`);
  const text = `push ${pushId} is cancelled: "show push ${pushId}" says who was sent its message`;
  createPrint(options.json)(text, { pushId, cancelled: true });
}
