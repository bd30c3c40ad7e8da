import { fork } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { SENDER_VARIABLE } from '../functions/environment-variables.ts';
import type { PartEnd } from './aws/lambda.ts';
import { PortTakenError } from './aws/listen.ts';
import type { ResolvedStacks } from './aws/template.ts';

/** The sender in a process of its own. */
export interface LocalSender {
  readonly udpPort: number;
  readonly close: () => Promise<void>;
}

/** How long the sender may take to stop, in ms. */
const STOP_MS = 3000;

/** The container's own entry point, with the environment of its task definition and some `changes` of it. */
export async function startSenderProcess(
  stacks: ResolvedStacks,
  environment: Record<string, string>,
  changes: Readonly<Record<string, string>>,
  udpPort: number,
  logFile: string,
  onEnd: (end: PartEnd) => void,
): Promise<LocalSender> {
  const { ContainerDefinitions } = stacks.onlyResource('AWS::ECS::TaskDefinition').properties as {
    ContainerDefinitions: { Environment: { Name: string; Value: string }[] }[];
  };
  const variables = Object.fromEntries(
    (ContainerDefinitions[0]?.Environment ?? []).map(({ Name, Value }) => [Name, Value]),
  );
  const child = fork(join(import.meta.dirname, '../functions/key-distribution/main.ts'), [], {
    env: {
      ...environment,
      ...variables,
      // Loopback only, and ports that may be free: the one thing the local system changes.
      [SENDER_VARIABLE.udpAddresses]: '127.0.0.1',
      [SENDER_VARIABLE.udpPort]: String(udpPort),
      [SENDER_VARIABLE.healthPort]: '0',
      PATH: process.env.PATH,
      ...changes,
    },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const log = createWriteStream(logFile);
  child.stdout?.pipe(log, { end: false });
  child.stderr?.pipe(log, { end: false });
  let errors = '';
  const collect = (chunk: Buffer) => {
    errors += chunk.toString();
  };
  child.stderr?.on('data', collect);
  const port = await new Promise<number>((resolve, reject) => {
    child.once('message', (message: { udpPort: number }) => resolve(message.udpPort));
    // Its folder goes with the system that did not start: what it wrote last is said here.
    child.once('close', (code) =>
      reject(
        errors.includes('EADDRINUSE')
          ? new PortTakenError(`UDP port ${udpPort} is taken by another program`)
          : new Error(`the sender ended with code ${code}: ${errors.trim()}`),
      ),
    );
  });
  child.stderr?.off('data', collect);
  let isClosing = false;
  child.once('exit', (code, signal) => {
    if (!isClosing) onEnd({ what: `the sender ended with ${signal ?? `code ${code}`}`, logFile });
  });
  return {
    udpPort: port,
    close: async () => {
      isClosing = true;
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      const late = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
      await exited;
      clearTimeout(late);
    },
  };
}
