import { Command } from 'commander';
import { addActivateCommand } from './commands/activate.ts';
import { addBlockCommands } from './commands/block.ts';
import { addCancelCommands } from './commands/cancel.ts';
import { addCompletionCommand } from './commands/completion.ts';
import { addConformanceCommand } from './commands/conformance.ts';
import { addConsoleCommand } from './commands/console.ts';
import { addDeleteCommands } from './commands/delete.ts';
import { addDescribeCommand } from './commands/describe.ts';
import { addExportCommands } from './commands/export.ts';
import { addHoldersCommand } from './commands/holders.ts';
import { addImportCommands } from './commands/import.ts';
import { addListCommands } from './commands/list.ts';
import { addProfileCommands } from './commands/profile.ts';
import { addProvisionCommands } from './commands/provision/index.ts';
import { addPushCommand } from './commands/push.ts';
import { addRedriveCommand } from './commands/redrive.ts';
import { addRevokeCommand } from './commands/revoke.ts';
import { addRotateCommand } from './commands/rotate.ts';
import { addScheduleCommands } from './commands/schedule.ts';
import { addSenderCommand } from './commands/sender.ts';
import { addShowCommands } from './commands/show.ts';
import { addSmokeCommand } from './commands/smoke.ts';
import { addSolicitCommand } from './commands/solicit.ts';
import { addStatusCommand } from './commands/status.ts';
import { addTrafficCommand } from './commands/traffic.ts';
import { addUeCommands } from './commands/ue/index.ts';
import { withExamples } from './options.ts';
import { WITHOUT_KEYS, WITHOUT_KEYS_AS_JSON } from './output.ts';
import { packageVersion } from './version.ts';

/** The command line, not yet parsed. It throws CommanderError; with `isJson` it prints errors as JSON. */
export function createProgram(isJson = false): Command {
  const program = new Command('bmsc')
    .exitOverride()
    // Options behind `rotate data-key` are its own, not those of the same names of `rotate`.
    .enablePositionalOptions()
    .configureOutput(isJson ? WITHOUT_KEYS_AS_JSON : WITHOUT_KEYS)
    .version(packageVersion(), '--version', 'the version of this package')
    .description('BM-SC key management (3GPP TS 33.246): provision it, drive it, be a UE');
  withExamples(program, 'provision service urn:example:news --key-group 001-01/0001 --local');
  program.addHelpText('after', '\nExit codes: 0 done, 1 failed, 2 wrong usage, 3 partly done');

  addProvisionCommands(program);
  addImportCommands(program);
  addExportCommands(program);
  addStatusCommand(program);
  addHoldersCommand(addListCommands(program));
  const show = addShowCommands(program);
  const remove = addDeleteCommands(program);
  const set = program.command('set').description('set what runs by itself');
  withExamples(set, 'set schedule 001-01 0001 "rate(7 days)" --local');
  addScheduleCommands({ set, show, remove });
  addBlockCommands(program);
  const push = addPushCommand(program);
  addSolicitCommand(program);
  addCancelCommands(program, push);
  addRotateCommand(program);
  addActivateCommand(program);
  addRevokeCommand(program);
  addRedriveCommand(program);
  addConsoleCommand(program);
  addSenderCommand(program);
  addSmokeCommand(program);
  addTrafficCommand(program);
  addDescribeCommand(program);
  addUeCommands(program);
  addProfileCommands(program);
  addConformanceCommand(program);
  addCompletionCommand(program);
  return program;
}
