import { fork } from 'node:child_process';
import { createWriteStream, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildApp } from '../../cdk/build-app.ts';
import { parseSettings } from '../../cdk/settings.ts';
import { type AwsEndpoint, LOCAL_CREDENTIALS, startAwsEndpoint } from './aws/endpoint.ts';
import type { BusEvent } from './aws/event-bus.ts';
import { type LocalHttpApi, startHttpApi } from './aws/http-api.ts';
import { type LocalLambda, startLambda } from './aws/lambda.ts';
import { LOCAL_REGION, type ResolvedStacks, resolveStacks, type SynthesizedStack } from './aws/template.ts';

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
  readonly close: () => Promise<void>;
}

/** How long the sender may take to stop, in ms. */
const STOP_MS = 3000;

/**
 * Synthesizes the stacks and starts them: the Lambda's bundle in a process behind an HTTP API, the sender in
 * another, tables, queues, rules and outputs as the templates have them.
 * @throws PortTakenError
 */
export async function startLocalSystem(
  ports: LocalPorts,
  progress: (what: string) => void,
): Promise<LocalSystem> {
  const folder = mkdtempSync(join(tmpdir(), 'bmsc-local-'));
  const started: { close: () => unknown }[] = [];
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
    progress('starting the Key Request function');
    const lambda: LocalLambda = await startLambda(stacks.onlyResource('AWS::Lambda::Function'), {
      assembly,
      awsEnvironment,
      logFile: join(logFolder, 'key-request.log'),
    });
    started.push(lambda);
    const api: LocalHttpApi = await startHttpApi(stacks, lambda.invoke, ports.http);
    started.push(api);
    progress('starting the Key Distribution function');
    const sender = await startSenderProcess(
      stacks,
      { ...awsEnvironment },
      ports.udp,
      join(logFolder, 'key-distribution.log'),
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

/** The container's own entry point, with the environment of its task definition. */
async function startSenderProcess(
  stacks: ResolvedStacks,
  environment: Record<string, string>,
  udpPort: number,
  logFile: string,
) {
  const { ContainerDefinitions } = stacks.onlyResource('AWS::ECS::TaskDefinition').properties as {
    ContainerDefinitions: { Environment: { Name: string; Value: string }[] }[];
  };
  const variables = Object.fromEntries(
    (ContainerDefinitions[0]?.Environment ?? []).map(({ Name, Value }) => [Name, Value]),
  );
  const child = fork(join(import.meta.dirname, '../../functions/key-distribution/main.ts'), [], {
    env: {
      ...environment,
      ...variables,
      // Loopback only, and ports that may be free: the one thing the local system changes.
      BMSC_UDP_ADDRESS: '127.0.0.1',
      BMSC_UDP_PORT: String(udpPort),
      BMSC_HEALTH_PORT: '0',
      PATH: process.env.PATH,
    },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const log = createWriteStream(logFile);
  child.stdout?.pipe(log, { end: false });
  child.stderr?.pipe(log, { end: false });
  const port = await new Promise<number>((resolve, reject) => {
    child.once('message', (message: { udpPort: number }) => resolve(message.udpPort));
    child.once('exit', (code) => reject(new Error(`the sender ended with code ${code}: see ${logFile}`)));
  });
  return {
    udpPort: port,
    close: async () => {
      if (child.exitCode !== null) return;
      const exited = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      const late = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
      await exited;
      clearTimeout(late);
    },
  };
}
