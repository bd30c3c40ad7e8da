import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildApp } from '../cdk/build-app.ts';
import { parseSettings } from '../cdk/settings/index.ts';
import { LOCAL_CREDENTIALS, LOCAL_REGION } from '../cli/emulator/account.ts';
import { POWERTOOLS_VARIABLE } from '../functions/environment-variables.ts';
import { type AwsEndpoint, startAwsEndpoint } from './aws/endpoint.ts';
import type { BusEvent } from './aws/event-bus.ts';
import { functionOfHttpApi, type LocalHttpApi, startHttpApi } from './aws/http-api.ts';
import { type LocalLambda, type PartEnd, startLambda } from './aws/lambda.ts';
import {
  type ResolvedResource,
  resolveStacks,
  type SynthesizedStack,
  TemplateError,
} from './aws/template.ts';
import { startSenderProcess } from './sender.ts';

/** Ports of the local system, all on loopback. */
export interface LocalPorts {
  readonly endpoint: number;
  readonly http: number;
  /** The sender's UDP port; 0 takes a free one. */
  readonly udp: number;
}

/** A whole BM-SC on this machine. */
export interface LocalSystem {
  readonly endpointUrl: string;
  readonly keyManagementUrl: string;
  readonly nafFqdn: string;
  readonly stackName: string;
  readonly outputs: Readonly<Record<string, string>>;
  /** The sender's UDP port. */
  readonly udpPort: number;
  readonly logFolder: string;
  /** The Key Request function. */
  readonly lambda: Pick<LocalLambda, 'module' | 'environment'>;
  readonly onEvent: (listener: (event: BusEvent) => void) => void;
  /** Resolves when a part ends by itself, which leaves a BM-SC that does not work. */
  readonly ended: Promise<PartEnd>;
  readonly close: () => Promise<void>;
}

/**
 * Synthesizes the stacks and starts them: each Lambda's bundle in a process, one of them behind an HTTP API, the
 * sender in another, tables, queues, rules and outputs as the templates have them.
 * @param senderEnvironment variables of the sender's beside those of its task definition, or in their place
 * @throws PortTakenError, Error that says what a part wrote when it could not start
 */
export async function startLocalSystem(
  ports: LocalPorts,
  progress: (what: string) => void,
  senderEnvironment: Readonly<Record<string, string>> = {},
): Promise<LocalSystem> {
  const folder = mkdtempSync(join(tmpdir(), 'bmsc-local-'));
  const started: { close: () => unknown }[] = [];
  const { promise: ended, resolve: onEnd } = Promise.withResolvers<PartEnd>();
  const close = async () => {
    for (const part of started.reverse()) await part.close();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const settings = parseSettings({ edge: { type: 'none' }, sender: { drainSeconds: 2 } });
    const urls = { endpoint: `http://127.0.0.1:${ports.endpoint}`, api: `http://127.0.0.1:${ports.http}` };
    progress('synthesizing the stacks');
    const { stacks, assembly, stackName } = synthesize(settings, folder, urls);
    const awsEnvironment = {
      AWS_ENDPOINT_URL: urls.endpoint,
      AWS_REGION: LOCAL_REGION,
      AWS_ACCESS_KEY_ID: LOCAL_CREDENTIALS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: LOCAL_CREDENTIALS.secretAccessKey,
      AWS_EC2_METADATA_DISABLED: 'true',
    };
    const logFolder = join(folder, 'logs');
    mkdirSync(logFolder);

    progress('starting DynamoDB, SQS and EventBridge');
    const endpoint: AwsEndpoint = await startAwsEndpoint(stacks, ports.endpoint);
    started.push(endpoint);
    progress('starting the Lambda functions');
    const lambdas = new Map<string, LocalLambda>();
    for (const resource of stacks.resourcesOfType('AWS::Lambda::Function')) {
      const logFile = join(logFolder, `${logName(resource)}.log`);
      const lambda = await startLambda(resource, { assembly, awsEnvironment, logFile, onEnd });
      started.push(lambda);
      lambdas.set(resource.arn, lambda);
      endpoint.functions.add(resource.arn, lambda);
    }
    const lambda = lambdas.get(functionOfHttpApi(stacks));
    if (lambda === undefined) throw new TemplateError('the HTTP API leads to no function');
    const api: LocalHttpApi = await startHttpApi(stacks, endpoint.functions, ports.http);
    started.push(api);
    progress('starting the Key Distribution function');
    const sender = await startSenderProcess(
      stacks,
      { ...awsEnvironment },
      senderEnvironment,
      ports.udp,
      join(logFolder, 'key-distribution.log'),
      onEnd,
    );
    started.push(sender);

    const outputs = stacks.outputsOf(stackName) ?? {};
    return {
      endpointUrl: urls.endpoint,
      keyManagementUrl: outputs.KeyManagementUrl ?? '',
      nafFqdn: settings.nafFqdn,
      stackName,
      outputs,
      udpPort: sender.udpPort,
      logFolder,
      lambda,
      onEvent: endpoint.onEvent,
      ended,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function synthesize(
  settings: ReturnType<typeof parseSettings>,
  folder: string,
  urls: { endpoint: string; api: string },
) {
  const { app, data, service } = buildApp(settings, { outdir: join(folder, 'cdk.out') });
  const assembly = app.synth();
  const stacks: SynthesizedStack[] = [data, service].map((stack) => ({
    stackName: stack.stackName,
    template: JSON.parse(readFileSync(join(assembly.directory, stack.templateFile), 'utf8')),
  }));
  return { stacks: resolveStacks(stacks, urls), assembly: assembly.directory, stackName: service.stackName };
}

/** What the function calls itself in its logs. */
function logName({ logicalId, properties }: ResolvedResource): string {
  const { Environment } = properties as { Environment?: { Variables?: Record<string, string> } };
  return Environment?.Variables?.[POWERTOOLS_VARIABLE.serviceName] ?? logicalId;
}
