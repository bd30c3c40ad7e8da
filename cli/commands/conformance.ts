import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { type Command, Option } from 'commander';
import { hostAndPort } from '../../lib/address/host-and-port.ts';
import type { UeAddress } from '../../lib/address/ue-address.ts';
import { digestPasswordOf, mukAndMrkOf } from '../../lib/gba/mbms-keys.ts';
import { DEFAULT_PAYLOAD_PROFILE } from '../../lib/key-management/payload/payload-profile.ts';
import type { BootstrappedSession } from '../../lib/ue/bootstrapping/bootstrap.ts';
import type { UeSecurityAssociation } from '../../lib/ue/security-association.ts';
import { parseListenAddress, parsePort, parseSeconds, parseTime, parseUrl } from '../arguments.ts';
import { openBmscUnderTest } from '../conformance/bmsc/open.ts';
import { BMSC_REQUIREMENTS } from '../conformance/bmsc/requirements.ts';
import { BSF_REQUIREMENTS } from '../conformance/bsf/requirements.ts';
import { TestSim } from '../conformance/bsf/test-sim.ts';
import { type ConformanceProfile, readConformanceProfile } from '../conformance/profile.ts';
import { finishReport, printOutcome, type ReportOptions } from '../conformance/report/write.ts';
import type { Outcome } from '../conformance/requirement.ts';
import { type RunOptions, runRequirements } from '../conformance/run.ts';
import { stimulusOf } from '../conformance/stimulus.ts';
import { UE_REQUIREMENTS } from '../conformance/ue/requirements.ts';
import { UeUnderTest } from '../conformance/ue/subject.ts';
import { UsageError } from '../errors.ts';
import { KeyReader } from '../key-source.ts';
import { withExamples } from '../options.ts';
import { createPrint } from '../output.ts';
import { packageVersion } from '../version.ts';
import { addressTowards } from './ue/local-address.ts';
import { type UeOptions, withSecurityAssociation } from './ue/options.ts';
import { securityAssociationOf, simProfileOf } from './ue/security-association.ts';

/** Options of `bmsc conformance`. */
interface ConformanceOptions extends Omit<UeOptions, 'url' | 'port'>, ReportOptions {
  readonly url?: URL;
  readonly conformanceProfile?: string;
  readonly hostile?: boolean;
  readonly load?: boolean;
  readonly ue?: boolean;
  readonly listen: UeAddress;
  readonly uePort: number;
  readonly wait: number;
  readonly ends?: number;
}

/** Octets of Ks_NAF. */
const KS_NAF_LENGTH = 32;

/** A UE answers within this time, and does not when it has not within the other; in ms. */
const UE_ANSWER_MS = 5000;
const UE_QUIET_MS = 1500;

const randomOctets = (length: number) => randomBytes(length);

/** `bmsc conformance`: tests a BM-SC as a UE meets it, or a UE as a BM-SC does. */
export function addConformanceCommand(program: Command): void {
  const command = program
    .command('conformance')
    .description(
      'test a BM-SC, with --bsf a BSF, or with --ue a UE, of whomever it is, against TS 33.246 and what it rests on',
    )
    .option('--url <url>', 'key management URI of the BM-SC', parseUrl)
    .option(
      '--conformance-profile <file>',
      'in JSON: services, keys, times, and what the standard leaves open',
    )
    .option('--hostile', 'also what may hurt a system that is not well made')
    .option('--load', 'also a hundred requests at once')
    .addOption(new Option('--ue', 'be a BM-SC, and test the UE that connects to it').conflicts('url'))
    .addOption(
      new Option('--listen <address:port>', 'with --ue: where the key management URI is')
        .argParser(parseListenAddress)
        .default({ address: '127.0.0.1', port: 8090 }, '127.0.0.1:8090'),
    )
    .option('--ue-port <port>', 'with --ue: the UDP port of a UE that names none', parsePort, 2269)
    .option('--wait <seconds>', 'with --ue: how long to wait for the first request', parseSeconds, 120)
    .option(
      '--ends <time>',
      'with --ue: when the keys of the UE end, in ISO 8601; it is waited for',
      parseTime,
    )
    .option('--strict', 'fail on a warning, too')
    .option('--junit <file>', 'write the results as JUnit XML')
    .option('--html <file>', 'write the results as one page')
    .action(test);
  withSecurityAssociation(command);
  command.addHelpText('after', '\nExit codes: 0 nothing failed, 1 something did, 2 wrong usage');
  const association = '--b-tid fve4iTWb1rTb297CzVSrpw==@bsf.home1.net --ks-naf @ks-naf.hex';
  const bmsc =
    '--url http://127.0.0.1:8080/keymanagement --conformance-profile conformance.json --html report.html';
  withExamples(
    command,
    `conformance ${bmsc} ${association}`,
    'conformance --bsf http://127.0.0.1:8088/ --sim sim.json',
    `conformance --ue ${association}`,
  );
}

async function test(options: ConformanceOptions): Promise<void> {
  if (options.ue === true) {
    const { association } = await securityAssociationOf(options, () => {});
    return testUe(options, association);
  }
  const { url, bsf, sim, conformanceProfile } = options;
  if (url === undefined && bsf === undefined) throw new UsageError('give --url, --bsf or --ue');
  if (bsf !== undefined && sim === undefined) throw new UsageError('--bsf needs --sim');
  if (url !== undefined && conformanceProfile === undefined)
    throw new UsageError('--url needs --conformance-profile');
  const profile = conformanceProfile === undefined ? undefined : profileOf(conformanceProfile, options);
  const subject = [bsf?.href, url?.href].filter((each) => each !== undefined).join(' and ');
  await report(options, subject, async (onOutcome) => {
    const testSim = bsf && new TestSim(simProfileOf(sim ?? '', options.json === true), bsf, randomOctets);
    const settings = { hostile: options.hostile === true, load: options.load === true, onOutcome };
    const outcomes: Outcome[] = [];
    if (testSim !== undefined) {
      const ofBsf = testSim.subject(profile?.options.tmpi === true);
      outcomes.push(...(await runRequirements(BSF_REQUIREMENTS, ofBsf, settings)));
    }
    if (url !== undefined && profile !== undefined)
      outcomes.push(...(await testBmsc(options, url, profile, testSim, settings)));
    return outcomes;
  });
}

/** The profile of a file, with the payload profile of an option in place of its own. @throws UsageError */
function profileOf(file: string, { payloadProfile }: ConformanceOptions): ConformanceProfile {
  const profile = readConformanceProfile(file);
  return { ...profile, payloads: payloadProfile?.profile ?? profile.payloads };
}

/** Without it, every requirement would fail for the same reason. @throws Error where nothing listens */
async function connectOnce({ protocol, hostname, port }: URL): Promise<void> {
  const host = hostname.replace(/^\[|\]$/g, '');
  const socket = connect({ host, port: Number(port || (protocol === 'https:' ? 443 : 80)) });
  try {
    await once(socket, 'connect');
  } catch (error) {
    throw new Error(`the BM-SC can't be reached: ${(error as Error).message}`);
  } finally {
    socket.destroy();
  }
}

async function testBmsc(
  options: ConformanceOptions,
  url: URL,
  profile: ConformanceProfile,
  testSim: TestSim | undefined,
  settings: RunOptions,
): Promise<readonly Outcome[]> {
  const expiring = await expiringOf(profile, options);
  await connectOnce(url);
  const association = await associationFor(options, testSim);
  const { subject, close } = await openBmscUnderTest({
    url,
    profile,
    association,
    stimuli: stimuliOf(profile.stimuli),
    randomOctets,
    address: options.address ?? (await addressTowards(url)),
    ...(expiring === undefined ? {} : { expiring }),
    ...(testSim === undefined ? {} : bootstrappingOf(testSim, options)),
  });
  try {
    return await runRequirements(BMSC_REQUIREMENTS, subject, settings);
  } finally {
    await close();
  }
}

/** The association with which the BM-SC is tested: of a run of Ub, where there is a BSF. */
async function associationFor(options: ConformanceOptions, testSim: TestSim | undefined) {
  if (testSim === undefined) return (await securityAssociationOf(options, () => {})).association;
  return testSim.associationOf(await testSim.bootstrap(), options.naf, options.mrkRule);
}

function bootstrappingOf(testSim: TestSim, { naf, mrkRule }: ConformanceOptions) {
  return {
    bootstrap: () => testSim.bootstrap(),
    passwordOf: (session: BootstrappedSession) =>
      digestPasswordOf(testSim.associationOf(session, naf, mrkRule).mrk),
  };
}

async function testUe(options: ConformanceOptions, association: UeSecurityAssociation): Promise<void> {
  const { listen, uePort, wait, ends: endsAt } = options;
  const payloadProfile = options.payloadProfile?.profile ?? DEFAULT_PAYLOAD_PROFILE;
  const times = { answerMs: UE_ANSWER_MS, quietMs: UE_QUIET_MS };
  const ue = await UeUnderTest.listen(
    { association, endsAt, uePort, payloadProfile, ...times, randomOctets },
    listen,
  );
  try {
    const url = `http://${hostAndPort({ address: listen.address, port: ue.port })}/keymanagement`;
    createPrint(options.json)(`waiting for a UE at ${url}`, { url });
    if ((await ue.next(ue.requests, 0, wait * 1000)) === undefined)
      throw new UsageError(`no UE came in ${wait} s: it must use ${url}`);
    await report(options, ue.requests[0]?.headers['user-agent'] ?? 'a UE', (onOutcome) =>
      runRequirements(UE_REQUIREMENTS, ue, { hostile: false, load: false, onOutcome }),
    );
  } finally {
    await ue.close();
  }
}

async function report(
  options: ConformanceOptions,
  subject: string,
  run: (onOutcome: (outcome: Outcome) => void) => Promise<readonly Outcome[]>,
): Promise<void> {
  const startedAt = Date.now();
  const outcomes = await run((outcome) => printOutcome(options, outcome));
  const durationMs = Date.now() - startedAt;
  finishReport(options, { subject, version: packageVersion(), startedAt, durationMs, outcomes });
}

function stimuliOf({ push, solicit }: ConformanceProfile['stimuli']) {
  const [pushing, soliciting] = [stimulusOf(push), stimulusOf(solicit)];
  return {
    ...(pushing === undefined ? {} : { push: pushing }),
    ...(soliciting === undefined ? {} : { solicit: soliciting }),
  };
}

/** The second subscriber of a profile. @throws UsageError */
async function expiringOf({ expiring }: ConformanceProfile, { naf }: ConformanceOptions) {
  if (expiring === undefined) return undefined;
  const { bTid, ksNaf, expiresAt, push, solicit } = expiring;
  const key = await new KeyReader().read(ksNaf, KS_NAF_LENGTH, 'Ks_NAF of the expiring subscriber');
  const keys = mukAndMrkOf({ type: 'GBA_ME', ksNaf: key });
  return {
    association: { btid: bTid, nafFqdn: naf, ...keys, expiresAt },
    stimuli: stimuliOf({ ...(push && { push }), ...(solicit && { solicit }) }),
    expiresAt,
  };
}
