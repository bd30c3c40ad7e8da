import { type Command, Option } from 'commander';
import type { Btid } from '../../../lib/gba/btid.ts';
import { parseBtid, parseIpAddress, parsePort, parseUrl } from '../../arguments.ts';
import { NAF_OPTION, type NafKeyOptions, withExamples, withNafKeys, withOutput } from '../../options.ts';
import { type GivenPayloadProfile, PAYLOAD_PROFILE_OPTION } from '../../payload-profile.ts';

/** Options of every `bmsc ue` command: the BM-SC, and the security association with it. */
export interface UeOptions extends NafKeyOptions {
  /** It, or the description. */
  readonly url?: URL;
  readonly description?: string;
  readonly bTid?: Btid;
  /** A file, and the BSF with which its SIM bootstraps; in place of the B-TID and the keys. */
  readonly sim?: string;
  readonly bsf?: URL;
  readonly akma?: boolean;
  readonly naf: string;
  /** Undefined: the one from which requests reach the BM-SC. */
  readonly address?: string;
  readonly port: number;
  readonly payloadProfile?: GivenPayloadProfile;
  readonly json?: boolean;
}

export const SERVICES_ARGUMENT = ['<serviceId...>', 'User Services'] as const;

export function withUeOptions(command: Command): Command {
  command
    .addOption(new Option('--url <url>', 'key management URI').argParser(parseUrl).conflicts('description'))
    .option(
      '--description <file>',
      'in place of --url, the security description of the User Service: its servers, and its random back-off',
    );
  return withSecurityAssociation(command).option(
    '--port <port>',
    'local UDP port for MIKEY; 0 takes a free one',
    parsePort,
    0,
  );
}

/** Adds the security association that `securityAssociationOf` reads, and where MIKEY is taken. */
export function withSecurityAssociation(command: Command): Command {
  withNafKeys(command.option('--b-tid <bTid>', 'B-TID of a bootstrapping that was done elsewhere', parseBtid))
    .option('--sim <file>', 'a SIM in JSON, in place of the B-TID and its keys; see --bsf and --akma')
    .option('--bsf <url>', 'the BSF with which the SIM bootstraps, again when the BM-SC says so', parseUrl)
    .option('--akma', 'use the AKMA part of the SIM, and no BSF')
    .option(...NAF_OPTION)
    .option(
      '--address <ip>',
      'local address for MIKEY (default: that from which the BM-SC is reached)',
      parseIpAddress,
    )
    .option(...PAYLOAD_PROFILE_OPTION);
  return withOutput(command);
}

/** Adds an example to the help: `line` without the options that every command needs. */
export function withUeExample(command: Command, line: string): Command {
  const url = '--url http://127.0.0.1:8080/keymanagement';
  const association = '--b-tid fve4iTWb1rTb297CzVSrpw==@bsf.home1.net --ks-naf @ks-naf.hex';
  return withExamples(command, `ue ${line} ${url} ${association}`);
}
