import { randomBytes } from 'node:crypto';
import { Command } from 'commander';
import type { Btid } from '../../lib/gba/btid.ts';
import { digestPasswordOf } from '../../lib/gba/mbms-keys.ts';
import { realmOf } from '../../lib/gba/realm.ts';
import { parseBtid, parseUrl } from '../arguments.ts';
import { mbmsKeysOf, NAF_OPTION, type NafKeyOptions, withNafKeys, withOutput } from '../options.ts';
import { asksForJson, createPrint, WITHOUT_KEYS, WITHOUT_KEYS_AS_JSON } from '../output.ts';
import { runProgram } from '../run-program.ts';
import { checkAuthenticated, checkChallenge, type Finding, type SmokeTarget } from './checks.ts';

type Options = NafKeyOptions & { url: URL; bTid?: Btid; naf: string; json?: boolean };

const isJson = asksForJson(process.argv);
const program = new Command('npm run smoke --')
  .description('check that a deployed BM-SC can be reached as a UE reaches it, and name the fault if not')
  .requiredOption('--url <url>', 'key management URI: the stack output KeyManagementUrl', parseUrl)
  .option(...NAF_OPTION)
  .option('--b-tid <bTid>', 'B-TID of an association that is provisioned there', parseBtid)
  .exitOverride()
  .configureOutput(isJson ? WITHOUT_KEYS_AS_JSON : WITHOUT_KEYS);
withOutput(withNafKeys(program)).addHelpText(
  'after',
  '\nExample:\n  npm run smoke -- --url https://d111111abcdef8.cloudfront.net/keymanagement',
);

async function run(options: Options): Promise<readonly Finding[]> {
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

await runProgram('smoke', isJson, async () => {
  const options = program.parse().opts<Options>();
  report(await run(options), options);
});
