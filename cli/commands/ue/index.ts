import type { Command } from 'commander';
import { addDeregisterCommand } from './deregister.ts';
import { withUeExample } from './options.ts';
import { addRegisterCommand } from './register.ts';
import { addRequestCommand } from './request.ts';
import { addRunCommand } from './run.ts';

/** `bmsc ue …`: a UE against any BM-SC. */
export function addUeCommands(program: Command): void {
  const ue = program.command('ue').description('be a UE against any BM-SC');
  withUeExample(ue, 'run --service urn:example:news');
  addRegisterCommand(ue);
  addDeregisterCommand(ue);
  addRequestCommand(ue);
  addRunCommand(ue);
}
