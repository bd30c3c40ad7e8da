import type { Command } from 'commander';
import { hostAndPort } from '../../lib/address/host-and-port.ts';
import { loadSenderEnvironment } from '../../lib/inventory/sender-tasks.ts';
import { parseIpAddress, parsePort } from '../arguments.ts';
import { awsCallOf, emulatorOf, resolvedSettings } from '../aws-call.ts';
import { SenderProcess } from '../emulator/sender-process.ts';
import { CliError, UsageError } from '../errors.ts';
import { type CommandOptions, withExamples, withStack } from '../options.ts';
import { createPrint } from '../output.ts';
import { type ClientSettings, type DeployedBmsc, findBmsc } from '../stack.ts';

interface SenderOptions extends CommandOptions {
  readonly address: string;
  readonly port: number;
}

/** `bmsc sender`: what Fargate runs, on this machine, for emulators that run no container. */
export function addSenderCommand(program: Command): void {
  const sender = program
    .command('sender')
    .description(
      'run the sender of a deployment on this machine until Ctrl-C, where an emulator runs no container',
    );
  withStack(sender)
    .option('--address <ip>', 'local address that it sends from', parseIpAddress, '127.0.0.1')
    .option('--port <port>', 'its UDP port; 0 takes a free one', parsePort, 0)
    .action(runSender);
  sender.addHelpText(
    'after',
    '\nIt has the environment of the deployed task definition. Its log is on standard error.',
  );
  withExamples(sender, 'sender --endpoint-url http://127.0.0.1:4566');
}

async function runSender(options: SenderOptions): Promise<void> {
  const bmsc = await findBmsc(options);
  const { clientSettings: settings } = bmsc;
  const endpoint = emulatorOf(settings);
  if (endpoint === undefined)
    throw new UsageError('on AWS, Fargate runs the sender: name an emulator with --endpoint-url');
  const deployed = await deployedEnvironment(bmsc);
  const sender = SenderProcess.start(deployed, await awsEnvironment(settings, endpoint), options);
  // The terminal sends Ctrl-C to the sender, too.
  process.on('SIGINT', () => {});
  process.once('SIGTERM', () => sender.stop());
  const addresses = await sender.listening();
  const where = addresses.map(hostAndPort).join(' and ');
  createPrint(options.json)(`the sender of ${bmsc.stack} sends from udp ${where}; Ctrl-C ends it`, {
    stack: bmsc.stack,
    udpAddresses: addresses,
  });
  const code = await sender.ended;
  if (code !== 0) throw new CliError(`the sender ended with code ${code}: its log above says why`);
}

/** @throws CliError */
async function deployedEnvironment({ clientSettings, senderService, stack }: DeployedBmsc) {
  try {
    const found = senderService && (await loadSenderEnvironment(awsCallOf(clientSettings), senderService));
    if (found !== undefined) return found;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CliError(`ECS does not tell the task definition of stack ${stack}: ${reason}`, { cause });
  }
  throw new CliError(`stack ${stack} has no service of senders: was it deployed by this release?`);
}

/** What the SDK in the sender needs to reach the emulator as this command does. */
async function awsEnvironment(settings: ClientSettings, endpoint: string) {
  const { region, credentials } = await resolvedSettings(settings);
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  return {
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    ...(sessionToken === undefined ? {} : { AWS_SESSION_TOKEN: sessionToken }),
    AWS_EC2_METADATA_DISABLED: 'true',
  };
}
