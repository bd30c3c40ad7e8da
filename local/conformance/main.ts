import { randomBytes } from 'node:crypto';
import { Command } from 'commander';
import { openBmscUnderTest } from '../../cli/conformance/bmsc/open.ts';
import { BMSC_REQUIREMENTS } from '../../cli/conformance/bmsc/requirements.ts';
import { finishReport, printOutcome, type ReportOptions } from '../../cli/conformance/report/write.ts';
import { runRequirements } from '../../cli/conformance/run.ts';
import { withOutput } from '../../cli/options.ts';
import { asksForJson } from '../../cli/output.ts';
import { runProgram } from '../../cli/run-program.ts';
import { findBmsc } from '../../cli/stack.ts';
import { packageVersion } from '../../cli/version.ts';
import { freePort } from '../free-port.ts';
import { DEFAULT_HOST } from '../host.ts';
import { type LocalSystem, startLocalSystem } from '../system.ts';
import { PROFILE, provisionTestSubscribers, stimuliOf } from './test-subscribers.ts';

type Options = ReportOptions & { readonly hostile?: boolean; readonly load?: boolean };

/** Tests the local system as if it were somebody else's, by what `bmsc conformance` runs. */
async function test(options: Options, system: LocalSystem): Promise<void> {
  const { stackName: stack, endpointUrl, nafFqdn, host } = system;
  const bmsc = await findBmsc({ stack, endpointUrl, local: true });
  const [first, second] = await provisionTestSubscribers(bmsc.store);
  const startedAt = Date.now();
  const { subject, close } = await openBmscUnderTest({
    url: new URL(system.keyManagementUrl),
    profile: PROFILE,
    association: { ...first, nafFqdn },
    stimuli: stimuliOf(bmsc, first.impi),
    randomOctets: (length) => randomBytes(length),
    address: host.loopback,
    expiring: {
      association: { ...second, nafFqdn },
      stimuli: stimuliOf(bmsc, second.impi),
      expiresAt: second.expiresAt,
    },
  });
  try {
    const outcomes = await runRequirements(BMSC_REQUIREMENTS, subject, {
      hostile: options.hostile === true,
      load: options.load === true,
      onOutcome: (outcome) => printOutcome(options, outcome),
    });
    const durationMs = Date.now() - startedAt;
    const version = packageVersion();
    finishReport(options, { subject: 'the local system', version, startedAt, durationMs, outcomes });
  } finally {
    await close();
  }
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
  const system = await startLocalSystem(ports, () => {});
  try {
    await test(options, system);
  } finally {
    await system.close();
  }
});
process.exit();
