import type { Command } from 'commander';
import { withExamples } from '../../options.ts';
import { addAssociationCommand } from './association.ts';
import { addMskCommand } from './msk.ts';
import { addServiceCommand } from './service.ts';
import { addSubscriptionCommand } from './subscription.ts';

/** `bmsc provision …`: what the operator's systems write, through the store's own code. */
export function addProvisionCommands(program: Command): void {
  const provision = program
    .command('provision')
    .description('write User Services, MSKs, subscriptions and associations');
  withExamples(provision, 'provision service urn:example:news --key-group 001-01/0001 --local');
  addServiceCommand(provision);
  addMskCommand(provision);
  addSubscriptionCommand(provision);
  addAssociationCommand(provision);
}
