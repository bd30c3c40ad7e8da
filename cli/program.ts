import { Command } from 'commander';
import { addDataKeyCommands } from './commands/data-key.ts';
import { addDistributionCommands } from './commands/distribution.ts';
import { addLedgerCommands } from './commands/ledger.ts';
import { addProvisionCommands } from './commands/provision.ts';
import { addRedriveCommand } from './commands/redrive.ts';
import { addRotationCommands } from './commands/rotation.ts';
import { addUeCommands } from './commands/ue.ts';
import { WITHOUT_KEYS } from './output.ts';

/** The command line, not yet parsed. */
export function createProgram(): Command {
  const program = new Command('bmsc')
    .configureOutput(WITHOUT_KEYS)
    .description('BM-SC key management (3GPP TS 33.246): provision it, drive it, be a UE')
    .addHelpText(
      'after',
      '\nExample:\n  bmsc provision service urn:example:news --key-group 001-01/0001 --local',
    );

  addProvisionCommands(program, withStack);
  addDistributionCommands(program, withStack);
  addLedgerCommands(program, withStack);
  addRotationCommands(program, withStack);
  addRedriveCommand(program, withStack);
  addDataKeyCommands(program, withStack);
  addUeCommands(program);
  return program;
}

const withStack = (command: Command): Command =>
  command
    .option('--stack <name>', 'CloudFormation stack of the service', process.env.BMSC_STACK ?? 'BmscService')
    .option('--endpoint-url <url>', 'an emulator, or set AWS_ENDPOINT_URL')
    .option('--local', 'the system that `npm start` runs on its default port')
    .option('--json', 'one JSON object a line');
