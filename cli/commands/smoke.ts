import { randomBytes } from 'node:crypto';
import type { Command } from 'commander';
import type { Btid } from '../../lib/gba/btid.ts';
import { digestPasswordOf } from '../../lib/gba/mbms-keys.ts';
import { realmOf } from '../../lib/gba/realm.ts';
import { DEFAULT_PAYLOAD_PROFILE } from '../../lib/key-management/payload/payload-profile.ts';
import { parseBtid, parseUrl } from '../arguments.ts';
import {
  mbmsKeysOf,
  NAF_OPTION,
  type NafKeyOptions,
  withExamples,
  withNafKeys,
  withOutput,
} from '../options.ts';
import { createPrint } from '../output.ts';
import { type GivenPayloadProfile, PAYLOAD_PROFILE_OPTION } from '../payload-profile.ts';
import { checkAuthenticated, checkChallenge, type Finding, type SmokeTarget } from '../smoke/checks.ts';

type Options = NafKeyOptions & {
  url: URL;
  bTid?: Btid;
  naf: string;
  payloadProfile?: GivenPayloadProfile;
  json?: boolean;
};

/** Adds `bmsc smoke`. */
export function addSmokeCommand(program: Command): void {
  withExamples(withSmoke(program.command('smoke')), 'smoke --url http://127.0.0.1:8080/keymanagement');
}

/** Gives a command the options of the check of a deployment, and what it does. */
export function withSmoke(command: Command): Command {
  return withOutput(
    withNafKeys(
      command
        .description(
          'check that a deployed BM-SC can be reached as a UE reaches it, and name the fault if not',
        )
        .requiredOption('--url <url>', 'key management URI: the stack output KeyManagementUrl', parseUrl)
        .option(...NAF_OPTION)
        .option(...PAYLOAD_PROFILE_OPTION)
        .option('--b-tid <bTid>', 'B-TID of an association that is provisioned there', parseBtid),
    ),
  ).action(async (options: Options) => report(await check(options), options));
}

async function check(options: Options): Promise<readonly Finding[]> {
  const credentials =
    options.bTid === undefined
      ? undefined
      : {
          username: options.bTid,
          password: digestPasswordOf((await mbmsKeysOf(options)).mrk),
        };
  const target: SmokeTarget = {
    url: options.url,
    realm: realmOf(options.naf),
    payloadProfile: options.payloadProfile?.profile ?? DEFAULT_PAYLOAD_PROFILE,
    randomOctets: (length) => randomBytes(length),
  };
  const findings = await checkChallenge(target);
  if (credentials === undefined) return findings;
  return [...findings, ...(await checkAuthenticated(target, credentials))];
}

function report(findings: readonly Finding[], options: Options): void {
  const print = createPrint(options.json);
  for (const finding of findings) {
    const { check, found, fault } = finding;
    const line =
      fault === undefined ? `ok     ${check}: ${found}` : `FAULT  ${check}: ${found}\n       ${fault}`;
    print(line, { ...finding });
  }
  const faults = findings.filter(({ fault }) => fault !== undefined).length;
  const partial = options.bTid === undefined;
  const hint = partial ? '; with --b-tid and --ks-naf of a provisioned association it checks more' : '';
  print(`${findings.length} checks, ${faults} fault(s)${hint}`, {
    checks: findings.length,
    faults,
    partial,
  });
  process.exitCode = faults === 0 ? 0 : 1;
}
