import { writeFileSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { hostAndPort } from '../../lib/address/host-and-port.ts';
import type { UeAddress } from '../../lib/address/ue-address.ts';
import { CURRENT_KEY_NUMBER, mskId } from '../../lib/keys/msk-id.ts';
import { encodeSecurityDescriptionJson } from '../../lib/service-description/json.ts';
import { periodFor, type SecurityDescription } from '../../lib/service-description/security-description.ts';
import { encodeSecurityDescriptionXml } from '../../lib/service-description/xml.ts';
import { loadUserServices } from '../../lib/store/registration/user-service.ts';
import {
  parseAddressesAndPorts,
  parseRate,
  parseServiceId,
  parseUrls,
  parseWholeNumber,
  parseWholeSeconds,
} from '../arguments.ts';
import { CliError, UsageError } from '../errors.ts';
import { type CommandOptions, withExamples, withStack } from '../options.ts';
import { createPrint } from '../output.ts';
import { findBmsc } from '../stack.ts';

const ENCODERS = { xml: encodeSecurityDescriptionXml, json: encodeSecurityDescriptionJson };

interface DescribeOptions extends CommandOptions {
  readonly format: keyof typeof ENCODERS;
  readonly server?: URL[];
  readonly offset?: number;
  readonly period?: number;
  readonly ues?: number;
  readonly rate?: number;
  readonly flow?: UeAddress[];
  readonly file?: string;
}

/** `bmsc describe`: the security part of a User Service's description. */
export function addDescribeCommand(program: Command): void {
  const command = program
    .command('describe')
    .description('write the security description of a User Service: servers, back-off, MSKs');
  withStack(command)
    .argument('<serviceId>', 'User Service', parseServiceId)
    .addOption(
      new Option('--format <format>', 'xml: 4G, TS 26.346, a draft; json: 5G, TS 26.517')
        .choices(Object.keys(ENCODERS))
        .default('xml'),
    )
    .option('--server <url>', 'key management URI; repeatable (default: that of the stack)', parseUrls)
    .option('--offset <seconds>', 'UEs wait this long in any case (default: 0)', parseWholeSeconds)
    .option('--period <seconds>', 'and for a random part of this, besides', parseWholeSeconds)
    .option('--ues <count>', 'in place of --period: so many UEs may come at once', parseWholeNumber)
    .option('--rate <perSecond>', 'and so many requests a second are wanted at most', parseRate)
    .option('--flow <address:port>', 'where media goes that is protected; repeatable', parseAddressesAndPorts)
    .option('--file <path>', 'write it there')
    .action(describe);
  withExamples(
    command,
    'describe urn:example:news --period 600 --local',
    'describe urn:example:news --format json --ues 100000 --rate 200 --file news.json --local',
  );
}

/** @throws UsageError for options that do not go together, CliError for an unknown User Service */
async function describe(serviceId: string, options: DescribeOptions): Promise<void> {
  const { store, keyManagementUrl } = await findBmsc(options);
  const service = (await loadUserServices(store, [serviceId])).get(serviceId);
  if (service === undefined) throw new CliError(`there is no User Service ${serviceId}`);
  const flows = (options.flow ?? []).map(hostAndPort);
  const description: SecurityDescription = {
    servers: options.server?.map(String) ?? [keyManagementUrl],
    backOff: backOffOf(options),
    keys: service.keyGroups.map(({ keyDomainId, keyGroup }) => ({
      ...{ keyDomainId, mskId: mskId(keyGroup, CURRENT_KEY_NUMBER), flows },
    })),
  };
  const text = ENCODERS[options.format](description);
  if (options.file === undefined) process.stdout.write(text);
  else {
    writeFileSync(options.file, text);
    createPrint(options.json)(`wrote ${options.file}`, { file: options.file });
  }
}

function backOffOf({ offset, period, ues, rate }: DescribeOptions): SecurityDescription['backOff'] {
  if ((ues === undefined) !== (rate === undefined))
    throw new UsageError('--ues and --rate come together: so many UEs, so many requests a second');
  if (period !== undefined && ues !== undefined) throw new UsageError('give --period, or --ues and --rate');
  const randomTimePeriod = period ?? (ues === undefined || rate === undefined ? 0 : periodFor(ues, rate));
  if (offset === undefined && randomTimePeriod === 0) return undefined;
  return { offsetTime: offset ?? 0, randomTimePeriod };
}
