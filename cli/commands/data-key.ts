import type { Command } from 'commander';
import { DATA_KEY_LIFETIME_MS } from '../../lib/store/encryption/data-keys.ts';
import { type CommandOptions, withExamples, withStack } from '../options.ts';
import { createPrint } from '../output.ts';
import { findBmsc } from '../stack.ts';

/** `bmsc data-key …`: the data keys that MUKs, MRKs and MSKs are sealed under in the table. */
export function addDataKeyCommands(program: Command): void {
  const dataKey = program
    .command('data-key')
    .description('data keys that keys in the table are sealed under');
  withExamples(dataKey, 'data-key rotate --local');

  const rotate = dataKey
    .command('rotate')
    .description('make a new data key; what is sealed stays readable')
    .action(rotateDataKey);
  withExamples(withStack(rotate), 'data-key rotate --local');
}

async function rotateDataKey(options: CommandOptions): Promise<void> {
  const { store } = await findBmsc(options);
  const dataKeyId = await store.dataKeys.rotate();
  const minutes = DATA_KEY_LIFETIME_MS / 60_000;
  createPrint(options.json)(
    `data key ${dataKeyId} is the current one; all processes seal under it within ${minutes} minutes`,
    { dataKeyId },
  );
}
