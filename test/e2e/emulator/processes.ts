import { execFile, fork } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const ROOT = join(import.meta.dirname, '../../..');
const run = promisify(execFile);

/** Runs `bmsc` as an operator does and gives the objects that `--json` prints. @throws Error with what it said */
export async function bmsc(...args: readonly string[]): Promise<Record<string, unknown>[]> {
  const { stdout } = await run(process.execPath, [join(ROOT, 'cli/bmsc.ts'), ...args, '--json']);
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line): Record<string, unknown> => JSON.parse(line));
}

/** The sender's own entry point as a process. */
export interface SenderProcess {
  readonly udpPort: number;
  /** SIGTERM, as Fargate stops a task; gives the exit code. */
  readonly stop: () => Promise<number | null>;
}

/** Starts it with the environment of the deployed container, on loopback and a free port. */
export async function startSenderProcess(
  environment: Readonly<Record<string, string>>,
): Promise<SenderProcess> {
  const child = fork(join(ROOT, 'functions/key-distribution/main.ts'), [], {
    env: {
      ...process.env,
      ...environment,
      BMSC_UDP_ADDRESS: '127.0.0.1',
      BMSC_UDP_PORT: '0',
      BMSC_HEALTH_PORT: '0',
    },
    stdio: ['ignore', 'ignore', 2, 'ipc'],
  });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const udpPort = await new Promise<number>((resolve, reject) => {
    child.once('message', (message: { udpPort: number }) => resolve(message.udpPort));
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
