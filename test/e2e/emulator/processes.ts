import { execFile, spawn } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { SENDER_VARIABLE } from '../../../functions/environment-variables.ts';
import type { BuiltTree } from './dockerfile.ts';

const ROOT = join(import.meta.dirname, '../../..');
const run = promisify(execFile);

/**
 * Runs `bmsc` as an operator does and gives the objects that `--json` prints.
 * @throws Error with what it wrote
 */
export async function bmsc(...args: readonly string[]): Promise<Record<string, unknown>[]> {
  const { stdout } = await run(process.execPath, [join(ROOT, 'cli/bmsc.ts'), ...args, '--json']);
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line): Record<string, unknown> => JSON.parse(line));
}

/** `bmsc sender` on the emulator of the environment, once it sends. */
export async function startBmscSender(): Promise<Pick<SenderProcess, 'stop'>> {
  const args = [join(ROOT, 'cli/bmsc.ts'), 'sender', '--endpoint-url', process.env.AWS_ENDPOINT_URL ?? ''];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  await new Promise<void>((resolve, reject) => {
    child.stdout.once('data', () => resolve());
    child.once('exit', (code) => reject(new Error(`bmsc sender ended with code ${code}`)));
  });
  return {
    stop: () => {
      child.kill('SIGTERM');
      return ended;
    },
  };
}

/** The sender's own entry point as a process, as its image has it. */
export interface SenderProcess {
  readonly udpPort: number;
  /** SIGTERM, as Fargate stops a task; gives the exit code. */
  readonly stop: () => Promise<number | null>;
}

/** Starts it with the environment of the deployed container, on loopback and a free port. */
export async function startSenderProcess(
  { entrypoint: [command = '', ...args], workdir, env }: BuiltTree,
  deployed: Readonly<Record<string, string>>,
): Promise<SenderProcess> {
  const child = spawn(command, args, {
    cwd: workdir,
    env: {
      ...process.env,
      ...env,
      ...deployed,
      [SENDER_VARIABLE.udpAddresses]: '127.0.0.1',
      [SENDER_VARIABLE.udpPort]: '0',
      [SENDER_VARIABLE.healthPort]: '0',
    },
    stdio: ['ignore', 'ignore', 2, 'ipc'],
  });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const udpPort = await new Promise<number>((resolve, reject) => {
    child.once('message', (message) => resolve(udpPortOf(message)));
    child.once('exit', (code) => reject(new Error(`the sender ended with code ${code}`)));
  });
  return {
    udpPort,
    stop: () => {
      child.kill('SIGTERM');
      return ended;
    },
  };
}

function udpPortOf(message: unknown): number {
  if (typeof message === 'object' && message !== null && 'udpPort' in message) return Number(message.udpPort);
  throw new Error('the sender did not report its port');
}
