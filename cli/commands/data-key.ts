import type { Command } from 'commander';
import { DATA_KEY_LIFETIME_MS } from '../../lib/store/encryption/data-keys.ts';
import { sayer } from '../output.ts';
import { findBmsc, type StackOptions } from '../stack.ts';

/** `bmsc data-key …`: the data keys that MUKs, MRKs and MSKs are sealed under in the table. */
export function addDataKeyCommands(program: Command, withStack: (command: Command) => Command): void {
  const dataKey = program
    .command('data-key')
    .description('data keys that keys in the table are sealed under')
    .addHelpText('after', '\nExample:\n  bmsc data-key rotate --local');

  withStack(dataKey.command('rotate').description('make a new data key; what is sealed stays readable'))
    .addHelpText('after', '\nExample:\n  bmsc data-key rotate --local')
    .action(async (options: StackOptions & { json?: boolean }) => {
      const { store } = await findBmsc(options);
      const dataKeyId = await store.dataKeys.rotate();
      sayer(options.json)(
        `data key ${dataKeyId} is the current one; all processes seal under it within ${DATA_KEY_LIFETIME_MS / 60_000} minutes`,
        { dataKeyId },
      );
    });
}
