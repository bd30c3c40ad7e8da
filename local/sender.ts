import { type ChildProcess, fork } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { SENDER_VARIABLE } from '../functions/environment-variables.ts';
import type { UeAddress } from '../lib/address/ue-address.ts';
import { PortTakenError } from './aws/listen.ts';
import type { ResolvedStacks } from './aws/template.ts';
import type { PartEnd } from './part-end.ts';

/** How the sender is started. */
export interface LocalSenderOptions {
  /** Variables in addition to those of the task definition. */
  readonly environment: Readonly<Record<string, string>>;
  /** Variables that replace or extend those of the task definition. */
  readonly changes: Readonly<Record<string, string>>;
  /** Where it has a UDP socket each, numeric. */
  readonly udpAddresses: readonly string[];
  /** 0 takes a free port. */
  readonly udpPort: number;
  readonly logFile: string;
  /** Called when the process ends unexpectedly. */
  readonly onEnd: (end: PartEnd) => void;
}

/** What the sender reports when it has started. */
interface Started {
  /** Of its first address. */
  readonly udpPort: number;
  readonly udpAddresses: readonly UeAddress[];
}

/** How long the sender may take to stop, in ms. */
const STOP_MS = 3000;

/**
 * The sender in a process of its own: the container's own entry point, with the environment of its task
 * definition.
 */
export class LocalSender {
  readonly udpPort: number;
  readonly udpAddresses: readonly UeAddress[];
  readonly #child: ChildProcess;
  #isClosing = false;

  private constructor(
    child: ChildProcess,
    { udpPort, udpAddresses }: Started,
    { logFile, onEnd }: LocalSenderOptions,
  ) {
    this.#child = child;
    this.udpPort = udpPort;
    this.udpAddresses = udpAddresses;
    child.once('exit', (code, signal) => {
      if (!this.#isClosing) onEnd({ what: `the sender ended with ${signal ?? `code ${code}`}`, logFile });
    });
  }

  /** @throws PortTakenError, Error with what the sender wrote when it could not start */
  static async start(stacks: ResolvedStacks, options: LocalSenderOptions): Promise<LocalSender> {
    const child = fork(join(import.meta.dirname, '../functions/key-distribution/main.ts'), [], {
      env: {
        ...options.environment,
        ...environmentOfTask(stacks),
        // Addresses of this machine, and ports that may be free: nothing else differs from the container.
        [SENDER_VARIABLE.udpAddresses]: options.udpAddresses.join(),
        [SENDER_VARIABLE.udpPort]: String(options.udpPort),
        [SENDER_VARIABLE.healthPort]: '0',
        PATH: process.env.PATH,
        NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
        ...options.changes,
      },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    const log = createWriteStream(options.logFile);
    child.stdout?.pipe(log, { end: false });
    child.stderr?.pipe(log, { end: false });
    return new LocalSender(child, await startOf(child, options.udpPort), options);
  }

  /** Stops the sender as Fargate does: SIGTERM, and SIGKILL when it takes too long. */
  async close(): Promise<void> {
    this.#isClosing = true;
    const child = this.#child;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    const late = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    await exited;
    clearTimeout(late);
  }
}

/**
 * Waits until the sender reports its start. Its log is deleted when it can't start, so the error has what it
 * wrote.
 */
async function startOf(child: ChildProcess, wantedPort: number): Promise<Started> {
  let errors = '';
  const collect = (chunk: Buffer) => {
    errors += chunk.toString();
  };
  child.stderr?.on('data', collect);
  const started = await new Promise<Started>((resolve, reject) => {
    child.once('message', resolve);
    child.once('close', (code) =>
      reject(
        errors.includes('EADDRINUSE')
          ? new PortTakenError(`UDP port ${wantedPort} is taken by another program`)
          : new Error(`the sender ended with code ${code}: ${errors.trim()}`),
      ),
    );
  });
  child.stderr?.off('data', collect);
  return started;
}

function environmentOfTask(stacks: ResolvedStacks): Record<string, string> {
  const { ContainerDefinitions } = stacks.onlyResource('AWS::ECS::TaskDefinition').properties as {
    ContainerDefinitions: { Environment: { Name: string; Value: string }[] }[];
  };
  const environment = ContainerDefinitions[0]?.Environment ?? [];
  return Object.fromEntries(environment.map(({ Name, Value }) => [Name, Value]));
}
