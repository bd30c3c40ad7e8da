import { readFileSync } from 'node:fs';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { SettingsInput } from '../cdk/settings/index.ts';
import { parseAddressAndPort, parsePort, parseUrl } from '../cli/arguments.ts';
import { CliError } from '../cli/errors.ts';
import { type GivenPayloadProfile, PAYLOAD_PROFILE_OPTION } from '../cli/payload-profile.ts';
import { KEY_REQUEST_VARIABLE } from '../functions/environment-variables.ts';
import { hostAndPort } from '../lib/address/host-and-port.ts';
import type { UeAddress } from '../lib/address/ue-address.ts';
import { PortTakenError } from './aws/listen.ts';
import { demonstrate } from './demonstration.ts';
import { DEFAULT_HOST, HostError, type LocalHost, localHostOf } from './host.ts';
import { LocalNetwork, SUBSCRIBERS_FILE } from './network.ts';
import { demonstrateStream } from './stream/demonstration.ts';
import { demonstrationStream } from './stream/stream.ts';
import { readSynthesis } from './synthesis.ts';
import { type LocalSystem, startLocalSystem } from './system.ts';

const options = new Command('npm start --')
  .description('run a whole BM-SC on this machine and show a key arriving')
  .option('--once', 'end after the demonstration, with code 0 if it went well')
  .option('--no-demo', 'start without the demonstration')
  .option('--json', 'print one line of JSON with the URLs')
  .addOption(
    new Option('--host <ip>', 'address of this machine, IPv4 or IPv6; :: takes all of both')
      .argParser(parseHost)
      .default(localHostOf(DEFAULT_HOST), DEFAULT_HOST),
  )
  .option('--port <port>', 'HTTP port of the key management URI', parsePort, 8080)
  .option('--endpoint-port <port>', 'HTTP port that stands in for AWS', parsePort, 4566)
  .option('--udp-port <port>', 'UDP port of the sender', parsePort, 2269)
  .option('--bsf-port <port>', 'HTTP port at which UEs bootstrap with the stand-in BSF', parsePort, 8088)
  .addOption(
    new Option('--bsf <url>', 'apiRoot of a BSF of yours, Nbsp_GBA over HTTP/2, in place of the stand-ins')
      .argParser(parseUrl)
      .conflicts('zn'),
  )
  .option('--data <folder>', 'keep the table, its keys and secrets in a folder, over restarts')
  .option(
    '--zn <address:port>',
    'a BSF of yours as a Diameter peer, in place of the stand-ins',
    parseAddressAndPort,
  )
  .option(...PAYLOAD_PROFILE_OPTION)
  .option('--settings <file>', 'JSON of settings as a deployment has them, such as keyExport', readSettings)
  .option('--stream', 'show protected streaming in place of the demonstration of the main job')
  .option('--stream-port <port>', 'the first of three UDP ports of the stream', parsePort, 5002)
  .addOption(new Option('--synthesis <file>', 'start from stacks that are synthesized already').hideHelp())
  .addHelpText(
    'after',
    '\nExample:\n  npm start -- --once --port 8081 --endpoint-port 4567 --udp-port 0 --bsf-port 0',
  )
  .parse()
  .opts<{
    once?: boolean;
    demo: boolean;
    json?: boolean;
    host: LocalHost;
    port: number;
    endpointPort: number;
    udpPort: number;
    bsfPort: number;
    bsf?: URL;
    zn?: UeAddress;
    synthesis?: string;
    data?: string;
    payloadProfile?: GivenPayloadProfile;
    settings?: SettingsInput;
    stream?: boolean;
    streamPort: number;
  }>();

/** How many lines of its log are printed when a process ends unexpectedly. */
const LAST_LINES = 5;

const say = (line: string) => void process.stdout.write(`${line}\n`);

/**
 * Ctrl-C, from the first moment on: closes what was started and deletes its folder. A second one ends the
 * process immediately.
 */
const interruption = new AbortController();
const interrupted = new Promise<void>((resolve) =>
  interruption.signal.addEventListener('abort', () => resolve()),
);
for (const signal of ['SIGINT', 'SIGTERM'])
  process.once(signal, () => interruption.abort(new CliError('interrupted')));

const stream = demonstrationStream(options.host.loopback, options.streamPort);

async function start(network: LocalNetwork): Promise<LocalSystem> {
  const ports = {
    host: options.host,
    http: options.port,
    endpoint: options.endpointPort,
    udp: options.udpPort,
    data: options.data,
    settings: options.settings,
    streams: options.stream ? [stream] : [],
  };
  try {
    const progress = (what: string) => {
      interruption.signal.throwIfAborted();
      say(`… ${what}`);
    };
    const { payloadProfile } = options;
    const changes = {
      keyRequest: {
        [KEY_REQUEST_VARIABLE.keySources]: network.keySources,
        ...(payloadProfile && { [KEY_REQUEST_VARIABLE.payloadProfile]: payloadProfile.text }),
      },
    };
    const synthesis = options.synthesis === undefined ? undefined : readSynthesis(options.synthesis);
    return await startLocalSystem(ports, progress, changes, synthesis);
  } catch (error) {
    // Ctrl-C reaches the system's processes too, which then fail to start.
    interruption.signal.throwIfAborted();
    throw error;
  }
}

async function run(): Promise<number> {
  const startedAt = Date.now();
  const network = await LocalNetwork.start({ ...options, loopback: options.host.loopback });
  const system = await start(network).catch(async (error: unknown) => {
    await network.close();
    throw error;
  });
  try {
    announce(system, network);
    const broken = Promise.race([system.ended, network.ended]).then(({ what, logFile }) => {
      if (interruption.signal.aborted) return interrupted;
      // The log is deleted with the system.
      const lines = readFileSync(logFile, 'utf8').trim().split('\n').slice(-LAST_LINES);
      throw new CliError([`${what}. The last that it wrote:`, ...lines].join('\n'));
    });
    const isGood = !options.demo || (await Promise.race([show(system, network), interrupted, broken]));
    interruption.signal.throwIfAborted();
    say(`${isGood ? 'ready' : 'failed'} after ${((Date.now() - startedAt) / 1000).toFixed(1)} s`);
    if (options.once) return isGood ? 0 : 1;
    say(`The BM-SC stays up until Ctrl-C. Logs: ${system.logFolder}`);
    await Promise.race([interrupted, broken]);
    return 0;
  } finally {
    await system.close();
    await network.close();
  }
}

function show(system: LocalSystem, { standIns }: LocalNetwork): Promise<boolean> {
  return options.stream ? demonstrateStream(system, say, stream) : demonstrate(system, say, standIns);
}

function readSettings(file: string): SettingsInput {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
  }
}

function parseHost(text: string): LocalHost {
  try {
    return localHostOf(text);
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    throw new InvalidArgumentError(error.message);
  }
}

function announce(
  { keyManagementUrl, endpointUrl, stackName, udpPort, nafFqdn, outputs, udpAddresses }: LocalSystem,
  { standIns }: LocalNetwork,
): void {
  const bsfUrl = standIns?.nbsp.ubUrl.href;
  if (options.json) {
    say(JSON.stringify({ keyManagementUrl, endpointUrl, stackName, udpPort, nafFqdn, bsfUrl, ...outputs }));
    return;
  }
  say(`key management URI  ${keyManagementUrl}`);
  say(`AWS endpoint        ${endpointUrl}  (stack ${stackName})`);
  const sender = udpAddresses.map(hostAndPort).join(' and ');
  say(`sender              udp ${sender}`);
  if (bsfUrl !== undefined) say(`stand-in BSF        ${bsfUrl}  (SIMs: ${SUBSCRIBERS_FILE})`);
}

try {
  process.exitCode = await run();
} catch (error) {
  const hint =
    error instanceof PortTakenError
      ? ': choose others with --port, --endpoint-port, --udp-port and --bsf-port'
      : '';
  process.stderr.write(`npm start: ${error instanceof Error ? error.message : String(error)}${hint}\n`);
  process.exitCode = 1;
}
process.exit();
