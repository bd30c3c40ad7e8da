import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from 'commander';
import { parseSeconds } from '../../arguments.ts';
import { SERVICES_ARGUMENT, type UeOptions, withUeExample, withUeOptions } from './options.ts';
import { printRegistered } from './service-answer.ts';
import { withUe } from './with-ue.ts';

/** `bmsc ue register` */
export function addRegisterCommand(ue: Command): void {
  const command = ue
    .command('register')
    .description('register to User Services and take the MSKs that follow');
  withUeOptions(command)
    .argument(...SERVICES_ARGUMENT)
    .option('--wait <seconds>', 'how long to listen for MSKs afterwards', parseSeconds, 5)
    .action(register);
  withUeExample(command, 'register urn:example:news');
}

function register(serviceIds: string[], options: UeOptions & { readonly wait: number }): Promise<void> {
  return withUe(options, async (ue, print) => {
    printRegistered(print, await ue.register(serviceIds));
    await delay(options.wait * 1000);
  });
}
