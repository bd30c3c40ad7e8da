import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SettingsInput } from '../cdk/settings/index.ts';
import { LOCAL_CREDENTIALS, LOCAL_REGION } from '../cli/emulator/account.ts';
import { KEY_REQUEST_VARIABLE, POWERTOOLS_VARIABLE } from '../functions/environment-variables.ts';
import type { StreamInput } from '../functions/traffic/streams.ts';
import { hostAndPort } from '../lib/address/host-and-port.ts';
import type { UeAddress } from '../lib/address/ue-address.ts';
import { type PayloadProfile, parsePayloadProfile } from '../lib/key-management/payload/payload-profile.ts';
import { withResolvers } from '../lib/with-resolvers.ts';
import { DataFolder } from './aws/data-folder.ts';
import { AwsEndpoint } from './aws/endpoint.ts';
import type { BusEvent } from './aws/event-bus.ts';
import { functionOfHttpApi, startHttpApi } from './aws/http-api.ts';
import { LocalLambda } from './aws/lambda.ts';
import { type ResolvedResource, ResolvedStacks, TemplateError } from './aws/template.ts';
import { checkHost, DEFAULT_HOST, type LocalHost, localHostOf } from './host.ts';
import type { PartEnd } from './part-end.ts';
import { LocalSender } from './sender.ts';
import { LOCAL_SETTINGS, localSettingsWith, type Synthesis, synthesize } from './synthesis.ts';
import { startLocalTraffic } from './traffic.ts';

/** Address, ports and folder of the local system. */
export interface LocalPorts {
  readonly host?: LocalHost;
  readonly endpoint: number;
  readonly http: number;
  /** The sender's UDP port; 0 takes a free one. */
  readonly udp: number;
  /** The folder that keeps the table; undefined: it is gone with the process. */
  readonly data?: string | undefined;
  /** Streams of a traffic key service; none: there is no such service. */
  readonly streams?: readonly StreamInput[];
  /** Settings beside those of a local system, as a deployment has them. */
  readonly settings?: SettingsInput | undefined;
}

/** A whole BM-SC on this machine. */
export interface LocalSystem {
  readonly endpointUrl: string;
  readonly keyManagementUrl: string;
  readonly nafFqdn: string;
  readonly payloadProfile: PayloadProfile;
  readonly stackName: string;
  readonly outputs: Readonly<Record<string, string>>;
  readonly host: LocalHost;
  /** The sender's UDP port, of its first address. */
  readonly udpPort: number;
  readonly udpAddresses: readonly UeAddress[];
  readonly logFolder: string;
  /** The Key Request function. */
  readonly lambda: Pick<LocalLambda, 'module' | 'environment'>;
  readonly onEvent: (listener: (event: BusEvent) => void) => void;
  /** Resolves when a process ends unexpectedly: the BM-SC no longer works. */
  readonly ended: Promise<PartEnd>;
  readonly close: () => Promise<void>;
}

/** Variables that replace or extend those of the templates. */
export interface EnvironmentChanges {
  readonly keyRequest?: Readonly<Record<string, string>>;
  readonly sender?: Readonly<Record<string, string>>;
}

/** What is common to the parts while they start. */
interface Starting {
  readonly ports: LocalPorts;
  readonly progress: (what: string) => void;
  readonly changes: EnvironmentChanges;
  readonly synthesis: Synthesis | undefined;
  readonly folder: string;
  /** Adds a part that `close` closes, the last one first. */
  readonly opened: <T extends { readonly close: () => unknown }>(part: T) => T;
  readonly onEnd: (end: PartEnd) => void;
}

/**
 * Synthesizes the stacks and starts them: each Lambda's bundle in a process, one of them behind an HTTP API,
 * the sender in another, tables, queues, rules and outputs as the templates have them.
 * @param synthesis the stacks if they are synthesized already
 * @throws PortTakenError, HostError, DataFolderError, Error with what a part wrote when it could not start
 */
export async function startLocalSystem(
  ports: LocalPorts,
  progress: (what: string) => void,
  changes: EnvironmentChanges = {},
  synthesis?: Synthesis,
): Promise<LocalSystem> {
  const folder = mkdtempSync(join(tmpdir(), 'bmsc-local-'));
  const parts: { readonly close: () => unknown }[] = [];
  const { promise: ended, resolve: onEnd } = withResolvers<PartEnd>();
  const opened: Starting['opened'] = (part) => {
    parts.push(part);
    return part;
  };
  const close = async () => {
    for (const part of parts.reverse()) await part.close();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    return {
      ...(await startParts({ ports, progress, changes, synthesis, folder, opened, onEnd })),
      ended,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function startParts(starting: Starting): Promise<Omit<LocalSystem, 'ended' | 'close'>> {
  const { ports, progress, folder, opened, onEnd } = starting;
  const { host = localHostOf(DEFAULT_HOST) } = ports;
  await checkHost(host);
  const urlOf = (address: string, port: number) => `http://${hostAndPort({ address, port })}`;
  const urls = {
    endpoint: urlOf(host.loopback, ports.endpoint),
    api: urlOf(host.reachable, ports.http),
  };
  progress('synthesizing the stacks');
  const { assembly, stackName, ...synthesis } =
    starting.synthesis ?? (await synthesize(folder, localSettingsWith(ports.streams, ports.settings)));
  const stacks = new ResolvedStacks(synthesis.stacks, urls);
  const environment = awsEnvironment(urls.endpoint);
  const logFolder = join(folder, 'logs');
  mkdirSync(logFolder);

  progress('starting DynamoDB, SQS and EventBridge');
  const data = ports.data === undefined ? undefined : new DataFolder(ports.data);
  const endpoint = opened(await AwsEndpoint.start(stacks, ports.endpoint, { address: host.loopback, data }));
  progress('starting the Lambda functions');
  const lambda = await startFunctions(starting, {
    endpoint,
    stacks,
    stackName,
    assembly,
    environment,
    logFolder,
  });
  opened(await startHttpApi(stacks, endpoint.functions, { address: host.api, port: ports.http }));
  progress('starting the Key Distribution function');
  const sender = opened(
    await LocalSender.start(stacks, {
      environment,
      changes: starting.changes.sender ?? {},
      ...{ udpAddresses: host.sender, udpPort: ports.udp },
      logFile: join(logFolder, 'key-distribution.log'),
      onEnd,
    }),
  );
  endpoint.ecs.runningCount = 1;

  for (const part of await startLocalTraffic(stacks, { environment, logFolder, onEnd })) opened(part);

  const outputs = stacks.outputsOf(stackName) ?? {};
  return {
    endpointUrl: urls.endpoint,
    keyManagementUrl: outputs.KeyManagementUrl ?? '',
    nafFqdn: LOCAL_SETTINGS.nafFqdn,
    payloadProfile: payloadProfileOf(starting.changes),
    ...{ stackName, outputs },
    host,
    udpPort: sender.udpPort,
    udpAddresses: sender.udpAddresses,
    logFolder,
    lambda,
    onEvent: endpoint.onEvent,
  };
}

/** Starts all functions. @returns the Key Request function */
async function startFunctions(
  { changes: given, opened, onEnd }: Starting,
  its: {
    readonly endpoint: AwsEndpoint;
    readonly stacks: ResolvedStacks;
    readonly stackName: string;
    readonly assembly: string;
    readonly environment: Readonly<Record<string, string>>;
    readonly logFolder: string;
  },
): Promise<LocalLambda> {
  const { endpoint, stacks, stackName, assembly, environment: awsEnvironment, logFolder } = its;
  const keyRequestArn = functionOfHttpApi(stacks);
  for (const resource of stacks.resourcesOfType('AWS::Lambda::Function')) {
    const logFile = join(logFolder, `${logName(resource)}.log`);
    const isKeyRequest = resource.arn === keyRequestArn;
    const changes = isKeyRequest ? { ...describing(stacks, stackName), ...given.keyRequest } : {};
    const options = { assembly, awsEnvironment, changes, logFile, onEnd };
    endpoint.functions.add(resource.arn, opened(await LocalLambda.start(resource, options)));
  }
  const lambda = endpoint.functions.find(keyRequestArn);
  if (lambda === undefined) throw new TemplateError('the HTTP API leads to no function');
  return lambda;
}

/** Service descriptions name this system, which no name leads to. */
function describing(stacks: ResolvedStacks, stackName: string): Readonly<Record<string, string>> {
  const servers = [stacks.outputsOf(stackName)?.KeyManagementUrl ?? ''];
  return { [KEY_REQUEST_VARIABLE.serviceDescription]: JSON.stringify({ servers }) };
}

/** The payload profile of the Key Request function, as its variable says. */
function payloadProfileOf({ keyRequest }: EnvironmentChanges): PayloadProfile {
  return parsePayloadProfile(JSON.parse(keyRequest?.[KEY_REQUEST_VARIABLE.payloadProfile] ?? '{}'));
}

/** What the SDK needs to reach the endpoint, and nothing else. */
function awsEnvironment(endpointUrl: string): Readonly<Record<string, string>> {
  return {
    AWS_ENDPOINT_URL: endpointUrl,
    AWS_REGION: LOCAL_REGION,
    AWS_ACCESS_KEY_ID: LOCAL_CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: LOCAL_CREDENTIALS.secretAccessKey,
    AWS_EC2_METADATA_DISABLED: 'true',
  };
}

/** The name that the function has in its logs. */
function logName({ logicalId, properties }: ResolvedResource): string {
  const { Environment } = properties as { Environment?: { Variables?: Record<string, string> } };
  return Environment?.Variables?.[POWERTOOLS_VARIABLE.serviceName] ?? logicalId;
}
