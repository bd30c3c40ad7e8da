import type { Command } from 'commander';
import type { KeyDomainId } from '../../lib/keys/key-domain-id.ts';
import { formatMskId, type MskId } from '../../lib/keys/msk-id.ts';
import {
  type CommandOptions,
  KEY_DOMAIN_ARGUMENT,
  mskIdArgument,
  type WatchOptions,
  withExamples,
  withStack,
  withWatch,
} from '../options.ts';
import { requestRotation } from './rotation-request.ts';

/** `bmsc activate`: an event that makes a prepared MSK the current one now. */
export function addActivateCommand(program: Command): void {
  const activate = program
    .command('activate')
    .description('make a prepared MSK the current one before its time has come');
  withWatch(withStack(activate), 'wait for the answer')
    .argument(...KEY_DOMAIN_ARGUMENT)
    .argument(...mskIdArgument('Key Group and Key Number, e.g. 00010002'))
    .action(activateMsk);
  withExamples(activate, 'activate 001-01 00010002 --local');
}

async function activateMsk(
  keyDomainId: KeyDomainId,
  id: MskId,
  options: CommandOptions & WatchOptions,
): Promise<void> {
  const mskId = formatMskId(id);
  await requestRotation(
    'Activate MSK',
    { keyDomainId, mskId },
    { keyDomainId, ...id },
    options,
    `asked to activate MSK ${mskId}`,
  );
}
