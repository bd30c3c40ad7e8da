import type { Command } from 'commander';
import { DATA_KEY_LIFETIME_MS } from '../../lib/store/encryption/data-keys.ts';
import { type CommandOptions, withExamples, withStack } from '../options.ts';
import { createPrint } from '../output.ts';
import { findBmsc } from '../stack.ts';

/** `bmsc rotate data-key`: a new data key, which MUKs, MRKs and MSKs are sealed under in the table. */
export function addRotateDataKeyCommand(rotate: Command): void {
  const dataKey = rotate
    .command('data-key')
    .description(
      'make a new data key, which keys in the table are sealed under; what is sealed stays readable',
    )
    .action(rotateDataKey);
  withExamples(withStack(dataKey), 'rotate data-key --local');
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
