import { type ChildProcess, fork } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { PortTakenError } from './aws/listen.ts';
import type { PartEnd } from './part-end.ts';

/** How the entry point of a container is started. */
export interface ServiceOptions {
  /** What messages call it, such as `the sender`. */
  readonly what: string;
  /** The entry point, from the root of the repository. */
  readonly entry: string;
  readonly environment: Readonly<Record<string, string>>;
  /** The message of the error when its port is taken. */
  readonly portTaken: string;
  readonly logFile: string;
  /** Called when the process ends unexpectedly. */
  readonly onEnd: (end: PartEnd) => void;
}

/** How long a service may take to stop, in ms. */
const STOP_MS = 3000;

/** A service of the deployment in a process of its own: the container's entry point, under Node. */
export class ServiceProcess {
  readonly #child: ChildProcess;
  #isClosing = false;

  private constructor(child: ChildProcess, { what, logFile, onEnd }: ServiceOptions) {
    this.#child = child;
    child.once('exit', (code, signal) => {
      if (!this.#isClosing) onEnd({ what: `${what} ended with ${signal ?? `code ${code}`}`, logFile });
    });
  }

  /**
   * Starts a service and waits for the message by which it reports its start.
   * @throws PortTakenError, Error with what the service wrote when it could not start
   */
  static async start<Started>(
    options: ServiceOptions,
  ): Promise<{ process: ServiceProcess; started: Started }> {
    const child = fork(join(import.meta.dirname, '..', options.entry), [], {
      env: {
        PATH: process.env.PATH,
        NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
        ...options.environment,
      },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    const log = createWriteStream(options.logFile);
    child.stdout?.pipe(log, { end: false });
    child.stderr?.pipe(log, { end: false });
    const started = await startOf<Started>(child, options);
    return { process: new ServiceProcess(child, options), started };
  }

  /** Stops the service as Fargate does: SIGTERM, and SIGKILL when it takes too long. */
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

/** Its log is deleted when it can't start, so the error has what it wrote. */
async function startOf<Started>(child: ChildProcess, { what, portTaken }: ServiceOptions): Promise<Started> {
  let errors = '';
  const collect = (chunk: Buffer) => {
    errors += chunk.toString();
  };
  child.stderr?.on('data', collect);
  const started = await new Promise<Started>((resolve, reject) => {
    child.once('message', (message: Started) => resolve(message));
    child.once('close', (code) =>
      reject(
        errors.includes('EADDRINUSE')
          ? new PortTakenError(portTaken)
          : new Error(`${what} ended with code ${code}: ${errors.trim()}`),
      ),
    );
  });
  child.stderr?.off('data', collect);
  return started;
}
