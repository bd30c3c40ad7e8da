import { type Command, Option } from 'commander';
import { type MbmsKeys, MRK_RULES, type MrkRule, mukAndMrkOf, type NafKeys } from '../lib/gba/mbms-keys.ts';
import { parseKeyDomainId, parseKeyGroup, parseMskId, parseWholeSeconds } from './arguments.ts';
import { UsageError } from './errors.ts';
import { KEY_VALUE, KeyReader, type KeySource, parseKeySource } from './key-source.ts';
import { DEFAULT_STACK, type StackOptions } from './stack.ts';

/** Options of every command that works on a deployed BM-SC. */
export interface CommandOptions extends StackOptions {
  readonly json?: boolean;
}

/** Where options say that NAF keys are. */
export interface NafKeyOptions {
  readonly ksNaf?: KeySource;
  readonly ksExtNaf?: KeySource;
  readonly ksIntNaf?: KeySource;
  readonly mrkRule: MrkRule;
}

/** Whether a command that sends a request waits for the answer. */
export interface WatchOptions {
  readonly watch?: boolean;
}

/** Seconds from the push of a new MSK until it is the current one. */
export interface LeadTimeOptions {
  readonly leadTime?: number;
}

// Arguments and options that several commands have, as commander's methods take them.

export const KEY_DOMAIN_ARGUMENT = ['<keyDomainId>', 'e.g. 00f110 or 001-01', parseKeyDomainId] as const;
export const KEY_GROUP_ARGUMENT = ['<keyGroup>', 'e.g. 0001', parseKeyGroup] as const;
export const LEAD_TIME_OPTION = [
  '--lead-time <seconds>',
  'from the push of the new MSK until it is the current one, up to 30 days; else as set',
  parseWholeSeconds,
] as const;
export const WATCH_OPTION = ['--watch', 'show how it goes, until it is completed'] as const;
export const NAF_OPTION = ['--naf <fqdn>', 'FQDN of the BM-SC as a NAF', 'bmsc.home1.net'] as const;

/** An MSK ID as a command's argument. */
export function mskIdArgument(description: string) {
  return ['<mskId>', description, parseMskId] as const;
}

/**
 * Adds the options by which a command finds its BM-SC, and those of its output. What they leave open the
 * environment says, then the configuration file: see `findBmsc`.
 */
export function withStack(command: Command): Command {
  command
    .option('--stack <name>', `CloudFormation stack of the service (default: "${DEFAULT_STACK}")`)
    .option('--profile <name>', 'profile of the AWS configuration')
    .option('--region <name>', 'AWS region')
    .option('--endpoint-url <url>', 'an emulator, or set AWS_ENDPOINT_URL')
    .option('--local', 'the system that `npm start` runs on its default port');
  return withOutput(command);
}

/** Adds `--output`, and `--json` for short. A command reads the option `json`. */
export function withOutput(command: Command): Command {
  return command
    .addOption(
      new Option('--output <format>', 'for a person, or one JSON object a line').choices(['table', 'json']),
    )
    .addOption(new Option('--json', 'short for --output json').conflicts('output'))
    .on('option:output', (format: string) => {
      if (format === 'json') command.setOptionValueWithSource('json', true, 'default');
    });
}

/** Adds `--watch` and `--no-watch`, which `isWatching` reads. */
export function withWatch(command: Command, what: string): Command {
  return command
    .option('--watch', `${what}; the default at a terminal`)
    .option('--no-watch', 'end when the request is sent');
}

/** Whether to wait for the answer: as the options say, else where a person reads it. */
export function isWatching({ watch }: WatchOptions): boolean {
  return watch ?? process.stdout.isTTY === true;
}

/** Adds the NAF keys of a security association, which `mbmsKeysOf` reads. */
export function withNafKeys(command: Command): Command {
  return command
    .option(`--ks-naf ${KEY_VALUE}`, 'GBA_ME: Ks_NAF, 32 octets', parseKeySource)
    .option(`--ks-ext-naf ${KEY_VALUE}`, 'GBA_U: Ks_ext_NAF, 32 octets', parseKeySource)
    .option(`--ks-int-naf ${KEY_VALUE}`, 'GBA_U: Ks_int_NAF, 32 octets', parseKeySource)
    .addOption(
      new Option('--mrk-rule <rule>', 'GBA_U: the MRK is Ks_ext_NAF itself, or derived from it')
        .choices(MRK_RULES)
        .default('ks-ext-naf'),
    );
}

/** Octets of Ks_NAF, Ks_ext_NAF and Ks_int_NAF (TS 33.220). */
const NAF_KEY_LENGTH = 32;

/** The MBMS keys of a security association that `withNafKeys` has added. @throws UsageError */
export async function mbmsKeysOf(options: NafKeyOptions): Promise<MbmsKeys> {
  return mukAndMrkOf(await nafKeysOf(options), { mrkRule: options.mrkRule });
}

/** @throws UsageError unless the options are those of GBA_ME or those of GBA_U */
async function nafKeysOf({ ksNaf, ksExtNaf, ksIntNaf }: NafKeyOptions): Promise<NafKeys> {
  const reader = new KeyReader();
  if (ksNaf !== undefined && ksExtNaf === undefined && ksIntNaf === undefined)
    return { type: 'GBA_ME', ksNaf: await reader.read(ksNaf, NAF_KEY_LENGTH, 'Ks_NAF') };
  if (ksNaf === undefined && ksExtNaf !== undefined && ksIntNaf !== undefined) {
    const ext = await reader.read(ksExtNaf, NAF_KEY_LENGTH, 'Ks_ext_NAF');
    const int = await reader.read(ksIntNaf, NAF_KEY_LENGTH, 'Ks_int_NAF');
    return { type: 'GBA_U', ksExtNaf: ext, ksIntNaf: int };
  }
  throw new UsageError('give --ks-naf (GBA_ME), or both --ks-ext-naf and --ks-int-naf (GBA_U)');
}

/** Adds examples to a command's help, each without the name of the program. */
export function withExamples(command: Command, ...lines: readonly string[]): Command {
  const title = lines.length === 1 ? 'Example' : 'Examples';
  return command.addHelpText('after', `\n${title}:\n${lines.map((line) => `  bmsc ${line}`).join('\n')}`);
}
