import type { Command } from 'commander';
import type { Impi } from '../../lib/gba/impi.ts';
import { blockSubscriber, unblockSubscriber } from '../../lib/store/registration/block.ts';
import { parseImpi } from '../arguments.ts';
import { type CommandOptions, withExamples, withStack } from '../options.ts';
import { createPrint } from '../output.ts';
import { findBmsc } from '../stack.ts';
import { confirm, YES_OPTION, type YesOption } from './ask.ts';

/** `bmsc block …` and `bmsc unblock …`: cuts a subscriber off, as one whose phone was stolen. */
export function addBlockCommands(program: Command): void {
  const block = program.command('block').description('cut off a subscriber');
  withExamples(block, 'block subscriber 001010123456789@home1.net --yes --local');
  const blocked = block
    .command('subscriber')
    .description(
      'end its associations and registrations now, and let it have no other until it is unblocked',
    );
  withStack(blocked)
    .argument('<impi>', 'IMPI', parseImpi)
    .option(...YES_OPTION)
    .action(runBlock);
  blocked.addHelpText('after', '\nThe UE keeps MSKs that it holds: rotate them to shut it out.');
  withExamples(blocked, 'block subscriber 001010123456789@home1.net --yes --local');

  const unblock = program.command('unblock').description('let a subscriber in again');
  withExamples(unblock, 'unblock subscriber 001010123456789@home1.net --local');
  const unblocked = unblock
    .command('subscriber')
    .description('let it bootstrap and register again; its subscriptions are as they were');
  withStack(unblocked).argument('<impi>', 'IMPI', parseImpi).action(runUnblock);
  withExamples(unblocked, 'unblock subscriber 001010123456789@home1.net --local');
}

async function runBlock(impi: Impi, options: CommandOptions & YesOption): Promise<void> {
  const { store } = await findBmsc(options);
  await confirm(`block ${impi}, and end its associations and registrations`, options);
  const { associations, registrations } = await blockSubscriber(store, impi, Date.now());
  const text =
    `${impi} is blocked: ${associations} association(s) and ${registrations.length} registration(s) ended, ` +
    'and no sender sends it anything within seconds. It keeps MSKs that it holds: rotate them to shut it out.';
  createPrint(options.json)(text, { impi, associations, registrations });
}

async function runUnblock(impi: Impi, options: CommandOptions): Promise<void> {
  const { store } = await findBmsc(options);
  const unblocked = await unblockSubscriber(store, impi, Date.now());
  const text = unblocked
    ? `${impi} may bootstrap and register again`
    : `${impi} was not blocked; nothing was changed`;
  createPrint(options.json)(text, { impi, unblocked });
}
