import type { Command } from 'commander';
import { SERVICES_ARGUMENT, type UeOptions, withUeExample, withUeOptions } from './options.ts';
import { printDeregistered } from './service-answer.ts';
import { withUe } from './with-ue.ts';

/** `bmsc ue deregister` */
export function addDeregisterCommand(ue: Command): void {
  const command = ue.command('deregister').description('deregister from User Services');
  withUeOptions(command)
    .argument(...SERVICES_ARGUMENT)
    .action(deregister);
  withUeExample(command, 'deregister urn:example:news');
}

function deregister(serviceIds: string[], options: UeOptions): Promise<void> {
  return withUe(options, async (ue, print) => {
    printDeregistered(print, await ue.deregister(serviceIds));
  });
}
