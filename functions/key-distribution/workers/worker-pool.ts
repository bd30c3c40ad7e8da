import { performance } from 'node:perf_hooks';
import { Logger } from '@aws-lambda-powertools/logger';
import type { UeAddress } from '../../../lib/address/ue-address.ts';
import { withResolvers } from '../../../lib/with-resolvers.ts';
import { SetupError } from '../../errors.ts';
import type { SenderSettings } from '../environment.ts';
import { udpAddressesOf } from '../udp-addresses.ts';
import type { FromWorker } from './messages.ts';
import { RestartPolicy } from './restarts.ts';
import { type OpenPort, openSharedPort } from './shared-port.ts';
import { type WorkerEnd, WorkerProcess } from './worker-process.ts';

/** How long a worker may take to close after the drain time, in ms. */
const CLOSING_MS = 8000;

/** The position of one worker. When its process dies, another one takes the slot. */
interface WorkerSlot {
  readonly index: number;
  readonly restarts: RestartPolicy;
  /** Undefined while none runs. */
  process: WorkerProcess | undefined;
  hasStarted: boolean;
  /**
   * When the queue answered the worker, by `performance.now()`. A new process keeps the time of the one
   * before.
   */
  queueAnsweredAt: number;
}

/** The workers of a task, in the process that started them. */
export class WorkerPool {
  readonly udpPort: number;
  readonly udpAddresses: readonly UeAddress[];
  readonly #settings: SenderSettings;
  readonly #program: string;
  readonly #port: OpenPort;
  readonly #logger: Logger;
  readonly #slots: readonly WorkerSlot[];
  readonly #allStarted = withResolvers<void>();
  readonly #givenUp = withResolvers<void>();
  /** Of each process that runs, whether it ended well. */
  readonly #running = new Set<Promise<boolean>>();
  #isStopping = false;

  /**
   * Starts `settings.workers` processes of `program`, which share the UDP port, and another for each that
   * dies.
   * @throws the system's error when an address can't be bound
   * @throws SetupError `worker-ended` when a worker dies before all have started: it would die again
   */
  static async start(settings: SenderSettings, program: string): Promise<WorkerPool> {
    const logger = new Logger();
    const local = await udpAddressesOf(settings, logger);
    const port = await openSharedPort(settings.native, local, settings.workers);
    const pool = new WorkerPool(settings, program, port, logger);
    try {
      await pool.#allStarted.promise;
    } catch (error) {
      await pool.stop();
      throw error;
    }
    const { addresses, notSteered } = port;
    logger.info('workers started', { workers: settings.workers, udp: addresses, notSteered });
    return pool;
  }

  private constructor(settings: SenderSettings, program: string, port: OpenPort, logger: Logger) {
    this.udpPort = port.addresses[0]?.port ?? settings.udpPort;
    this.udpAddresses = port.addresses;
    this.#settings = settings;
    this.#program = program;
    this.#port = port;
    this.#logger = logger;
    this.#slots = Array.from({ length: settings.workers }, (_, index) => ({
      index,
      restarts: new RestartPolicy(),
      process: undefined,
      hasStarted: false,
      queueAnsweredAt: performance.now(),
    }));
    for (const slot of this.#slots) this.#startIn(slot);
  }

  /** Resolves when a worker dies again and again, and the task should end; otherwise it never resolves. */
  get givenUp(): Promise<void> {
    return this.#givenUp.promise;
  }

  /** How long ago the queue answered the worker that has waited longest, in ms. */
  get msSinceQueueAnswer(): number {
    return performance.now() - Math.min(...this.#slots.map(({ queueAnsweredAt }) => queueAnsweredAt));
  }

  /** Stops all workers, as `Sender.stop` does. @returns whether each of them ended well */
  async stop(): Promise<boolean> {
    this.#isStopping = true;
    const outcomes = Promise.all(this.#running);
    this.#signalAll('SIGTERM');
    const late = setTimeout(() => this.#signalAll('SIGKILL'), this.#settings.drainMs + CLOSING_MS);
    const endedWell = (await outcomes).every((each) => each);
    clearTimeout(late);
    return endedWell;
  }

  #signalAll(signal: NodeJS.Signals): void {
    for (const { process } of this.#slots) process?.kill(signal);
  }

  #startIn(slot: WorkerSlot): void {
    const { index } = slot;
    const started = new WorkerProcess({
      program: this.#program,
      start: { index, of: this.#settings.workers, addresses: this.#port.addresses },
      descriptors: this.#port.descriptors?.[index],
      onMessage: (message) => this.#receive(slot, message),
      onError: (error) => this.#logger.error('worker not reached', error),
    });
    slot.process = started;
    const ending = started.ended.then((end) => {
      this.#running.delete(ending);
      slot.process = undefined;
      const endedWell = this.#endedWell(end);
      if (!this.#isStopping) this.#replace(slot, end);
      return endedWell;
    });
    this.#running.add(ending);
  }

  /** A worker that gets the signal to stop before it listens to signals is ended by it: that is well, too. */
  #endedWell({ code, signal }: WorkerEnd): boolean {
    return code === 0 || (this.#isStopping && code === null && signal !== 'SIGKILL');
  }

  #replace(slot: WorkerSlot, { code, signal, livedMs }: WorkerEnd): void {
    const { index } = slot;
    this.#allStarted.reject(new SetupError('worker-ended', `worker ${index} ended at its start`));
    const pauseMs = slot.restarts.pauseAfterDeath(livedMs);
    this.#logger.error('worker died', { index, code, signal, livedMs: Math.round(livedMs), pauseMs });
    if (pauseMs === undefined) {
      this.#givenUp.resolve();
      return;
    }
    setTimeout(() => {
      if (!this.#isStopping) this.#startIn(slot);
    }, pauseMs);
  }

  #receive(slot: WorkerSlot, message: FromWorker): void {
    switch (message.kind) {
      case 'started':
        slot.hasStarted = true;
        if (this.#slots.every(({ hasStarted }) => hasStarted)) this.#allStarted.resolve();
        break;
      case 'queue-answered':
        slot.queueAnsweredAt = performance.now() - message.msAgo;
        break;
      case 'forward':
        this.#forward(slot, message.to, message.datagrams);
    }
  }

  #forward(from: WorkerSlot, to: number, datagrams: readonly Uint8Array[]): void {
    if (this.#slots[to]?.process?.forward(datagrams) === true) return;
    from.process?.send({ kind: 'not-forwarded', datagrams: datagrams.length });
  }
}
