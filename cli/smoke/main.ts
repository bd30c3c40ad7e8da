import { randomBytes } from 'node:crypto';
import { Command } from 'commander';
import type { Btid } from '../../lib/gba/btid.ts';
import { digestPasswordOf, mukAndMrkOf } from '../../lib/gba/mbms-keys.ts';
import { realmOf } from '../../lib/gba/realm.ts';
import { aBtid, aUrl, octet32 } from '../arguments.ts';
import { type NafKeyOptions, nafKeysOf } from '../commands/provision.ts';
import { sayer, WITHOUT_KEYS } from '../output.ts';
import { checkAuthenticated, checkChallenge, type Finding, type SmokeTarget } from './checks.ts';

type Options = NafKeyOptions & { url: URL; bTid?: Btid; naf: string; json?: boolean };

const program = new Command('npm run smoke --')
  .description('check that a deployed BM-SC can be reached as a UE reaches it, and name the fault if not')
  .requiredOption('--url <url>', 'key management URI: the stack output KeyManagementUrl', aUrl)
  .option('--naf <fqdn>', 'FQDN of the BM-SC as a NAF', 'bmsc.home1.net')
  .option('--b-tid <bTid>', 'B-TID of an association that is provisioned there', aBtid)
  .option('--ks-naf <hex|@file>', 'GBA_ME: Ks_NAF, 32 octets', octet32)
  .option('--ks-ext-naf <hex|@file>', 'GBA_U: Ks_ext_NAF, 32 octets', octet32)
  .option('--ks-int-naf <hex|@file>', 'GBA_U: Ks_int_NAF, 32 octets', octet32)
  .option('--json', 'one JSON object a line')
  .addHelpText(
    'after',
    '\nExample:\n  npm run smoke -- --url https://d111111abcdef8.cloudfront.net/keymanagement',
  )
  .configureOutput(WITHOUT_KEYS);

async function run(options: Options): Promise<readonly Finding[]> {
  const credentials =
    options.bTid === undefined
      ? undefined
      : {
          username: options.bTid,
          password: digestPasswordOf(mukAndMrkOf(nafKeysOf(options)).mrk),
        };
  const target: SmokeTarget = {
    url: options.url,
    realm: realmOf(options.naf),
    randomOctets: (length) => randomBytes(length),
  };
  const findings = await checkChallenge(target);
  if (credentials === undefined) return findings;
  return [...findings, ...(await checkAuthenticated(target, credentials))];
}

try {
  const options = program.parse().opts<Options>();
  const say = sayer(options.json);
  const findings = await run(options);
  for (const finding of findings) {
    const { check, found, fault } = finding;
    say(
      `${fault === undefined ? 'ok   ' : 'FAULT'}  ${check}: ${found}${fault === undefined ? '' : `\n       ${fault}`}`,
      {
        ...finding,
      },
    );
  }
  const faults = findings.filter(({ fault }) => fault !== undefined).length;
  const isPartial = options.bTid === undefined;
  say(
    `${findings.length} checks, ${faults} fault(s)` +
      (isPartial ? '; with --b-tid and --ks-naf of a provisioned association it checks more' : ''),
    { checks: findings.length, faults, partial: isPartial },
  );
  process.exitCode = faults === 0 ? 0 : 1;
} catch (error) {
  process.stderr.write(`smoke: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
