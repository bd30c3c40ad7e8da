import { type ChildProcess, fork } from 'node:child_process';
import { performance } from 'node:perf_hooks';
import {
  argumentsOfWorker,
  type FromWorker,
  MAX_WAITING,
  type ToWorker,
  type WorkerStart,
} from './messages.ts';

/** The first descriptor in a worker after stdin, stdout, stderr and the channel to it. */
const FIRST_DESCRIPTOR = 4;

/** How a process is started as a worker. */
export interface WorkerProcessOptions {
  /** The file to run. */
  readonly program: string;
  readonly start: Omit<WorkerStart, 'descriptors'>;
  /** Sockets in this process that the worker inherits; undefined: it binds its own. */
  readonly descriptors: readonly number[] | undefined;
  readonly onMessage: (message: FromWorker) => void;
  /** The process could not be started, signalled or sent a message. */
  readonly onError: (error: Error) => void;
}

/** How a worker ended: by its exit code, or by a signal; by neither when the system did not start it. */
export interface WorkerEnd {
  readonly code: number | null;
  readonly signal: string | null;
  readonly livedMs: number;
}

/** The process of one worker, from its start to its end. */
export class WorkerProcess {
  /** Resolves when the process is gone. */
  readonly ended: Promise<WorkerEnd>;
  readonly #child: ChildProcess;
  /** Datagrams on their way to it. */
  #waiting = 0;

  /** Starts the process. */
  constructor({ program, start, descriptors, onMessage, onError }: WorkerProcessOptions) {
    const startedAt = performance.now();
    const inherited = descriptors && { descriptors: descriptors.map((_, index) => FIRST_DESCRIPTOR + index) };
    const child = fork(program, argumentsOfWorker({ ...start, ...inherited }), {
      // Datagrams are octets, which JSON has no type for.
      serialization: 'advanced',
      stdio: ['ignore', 'inherit', 'inherit', 'ipc', ...(descriptors ?? [])],
    });
    this.#child = child;
    child.on('message', onMessage);
    this.ended = new Promise((resolve) => {
      const end = (code: number | null, signal: string | null) =>
        resolve({ code, signal, livedMs: performance.now() - startedAt });
      child.once('exit', end);
      child.on('error', (error) => {
        onError(error);
        // A process that the system did not start has no exit.
        if (child.pid === undefined) end(null, null);
      });
    });
  }

  /**
   * Sends datagrams that came to another worker, unless too many wait already. @returns whether it sent them
   */
  forward(datagrams: readonly Uint8Array[]): boolean {
    if (!this.#child.connected || this.#waiting + datagrams.length > MAX_WAITING) return false;
    this.#waiting += datagrams.length;
    this.send({ kind: 'forwarded', datagrams }, () => {
      this.#waiting -= datagrams.length;
    });
    return true;
  }

  /**
   * Sends a message, and calls `onRead` when it no longer waits in this process. A process that is gone gets
   * none.
   */
  send(message: ToWorker, onRead = () => {}): void {
    // The process may die meanwhile: then the callback gets an error, which `ended` reports better.
    if (this.#child.connected) this.#child.send(message, undefined, undefined, () => onRead());
    else onRead();
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }
}
