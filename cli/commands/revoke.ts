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

/** `bmsc revoke`: an event that takes an MSK out of use now. */
export function addRevokeCommand(program: Command): void {
  const revoke = program
    .command('revoke')
    .description('take an MSK out of use; another takes its place if it is current');
  withWatch(withStack(revoke), 'wait for the answer')
    .argument(...KEY_DOMAIN_ARGUMENT)
    .argument(...mskIdArgument('Key Group and Key Number, e.g. 00010002'))
    .action(revokeMsk);
  withExamples(revoke, 'revoke 001-01 00010002 --local');
}

async function revokeMsk(
  keyDomainId: KeyDomainId,
  id: MskId,
  options: CommandOptions & WatchOptions,
): Promise<void> {
  const mskId = formatMskId(id);
  await requestRotation(
    'Revoke MSK',
    { keyDomainId, mskId },
    { keyDomainId, ...id },
    options,
    `asked to revoke MSK ${mskId}`,
  );
}
