import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { openBmscUnderTest } from '../../cli/conformance/bmsc/open.ts';
import { BMSC_REQUIREMENTS } from '../../cli/conformance/bmsc/requirements.ts';
import { BSF_REQUIREMENTS } from '../../cli/conformance/bsf/requirements.ts';
import { TestSim } from '../../cli/conformance/bsf/test-sim.ts';
import { finishReport, printOutcome, type ReportOptions } from '../../cli/conformance/report/write.ts';
import type { Outcome } from '../../cli/conformance/requirement.ts';
import { runRequirements } from '../../cli/conformance/run.ts';
import { withOutput } from '../../cli/options.ts';
import { asksForJson } from '../../cli/output.ts';
import { runProgram } from '../../cli/run-program.ts';
import { findBmsc } from '../../cli/stack.ts';
import { packageVersion } from '../../cli/version.ts';
import { KEY_REQUEST_VARIABLE } from '../../functions/environment-variables.ts';
import { parseSimProfiles } from '../../lib/ue/bootstrapping/sim-profile.ts';
import { StandInBsf } from '../bsf/stand-in-bsf.ts';
import { parseSubscribers } from '../bsf/subscribers.ts';
import { freePort } from '../free-port.ts';
import { DEFAULT_HOST } from '../host.ts';
import { SUBSCRIBERS_FILE } from '../network.ts';
import { type LocalSystem, startLocalSystem } from '../system.ts';
import { PROFILE, provisionTestSubscribers, stimuliOf } from './test-subscribers.ts';

type Options = ReportOptions & { readonly hostile?: boolean; readonly load?: boolean };

/** Tests the local system as if it were somebody else's, by what `bmsc conformance` runs. */
async function test(options: Options, system: LocalSystem, bsf: StandInBsf): Promise<void> {
  const { stackName: stack, endpointUrl, nafFqdn, host } = system;
  const bmsc = await findBmsc({ stack, endpointUrl, local: true });
  const [first, second] = await provisionTestSubscribers(bmsc.store);
  const startedAt = Date.now();
  const sim = testSimOf(bsf);
  const { subject, close } = await openBmscUnderTest({
    url: new URL(system.keyManagementUrl),
    profile: PROFILE,
    association: { ...first, nafFqdn },
    stimuli: stimuliOf(bmsc, first.impi),
    randomOctets: (length) => randomBytes(length),
    address: host.loopback,
    bootstrap: () => sim.bootstrap(),
    expiring: {
      association: { ...second, nafFqdn },
      stimuli: stimuliOf(bmsc, second.impi),
      expiresAt: second.expiresAt,
    },
  });
  try {
    const settings = {
      hostile: options.hostile === true,
      load: options.load === true,
      onOutcome: (outcome: Outcome) => printOutcome(options, outcome),
    };
    const outcomes = [
      ...(await runRequirements(BSF_REQUIREMENTS, sim.subject(false), settings)),
      ...(await runRequirements(BMSC_REQUIREMENTS, subject, settings)),
    ];
    const durationMs = Date.now() - startedAt;
    const version = packageVersion();
    finishReport(options, { subject: 'the local system', version, startedAt, durationMs, outcomes });
  } finally {
    await close();
  }
}

/** The first SIM of the stand-in's subscribers. */
function testSimOf(bsf: StandInBsf): TestSim {
  const [profile] = parseSimProfiles(readFileSync(SUBSCRIBERS_FILE, 'utf8'));
  if (profile === undefined) throw new Error('the stand-in BSF has no subscriber');
  return new TestSim(profile, bsf.ubUrl, (length) => randomBytes(length));
}

const program = withOutput(
  new Command('npm run conformance --')
    .description('test the local system by the suite of `bmsc conformance`')
    .option('--hostile', 'also what may hurt a system that is not well made')
    .option('--load', 'also a hundred requests at once')
    .option('--strict', 'fail on a warning, too')
    .option('--junit <file>', 'write the results as JUnit XML')
    .option('--html <file>', 'write the results as one page')
    .exitOverride(),
);

await runProgram('conformance', asksForJson(process.argv), async () => {
  const options = program.parse().opts<Options>();
  const ports = { endpoint: await freePort(DEFAULT_HOST), http: await freePort(DEFAULT_HOST), udp: 0 };
  const subscribers = parseSubscribers(readFileSync(SUBSCRIBERS_FILE, 'utf8'));
  const bsf = await StandInBsf.start({ subscribers });
  try {
    const keySources = JSON.stringify({ bsf: { apiRoot: bsf.apiRoot } });
    const changes = { keyRequest: { [KEY_REQUEST_VARIABLE.keySources]: keySources } };
    const system = await startLocalSystem(ports, () => {}, changes);
    await test(options, system, bsf).finally(() => system.close());
  } finally {
    await bsf.close();
  }
});
process.exit();
