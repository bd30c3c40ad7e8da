import { type ChildProcess, fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { SENDER_VARIABLE } from '../../functions/environment-variables.ts';
import { CliError } from '../errors.ts';

const ROOT = join(import.meta.dirname, '../..');
/** The container's entry point: in the repository, and in the package, which has the bundle of its image. */
export const SENDER_ENTRIES = [
  'functions/key-distribution/main.ts',
  'prebuilt/services/key-distribution.mjs',
];

const startMessage = v.object({
  udpAddresses: v.array(v.object({ address: v.string(), port: v.number() })),
});

/** Where a sender on this machine has its sockets. */
export interface SenderSockets {
  /** Numeric. */
  readonly address: string;
  /** 0 takes a free port. */
  readonly port: number;
}

/** The sender of a deployment, as a process of this machine. */
export class SenderProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<number | null>;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#ended = new Promise((resolve) => child.once('exit', resolve));
  }

  /**
   * Starts it with the environment of its container, and what the SDK needs to reach the emulator. It writes
   * its log to standard error.
   */
  static start(
    deployed: Readonly<Record<string, string>>,
    aws: Readonly<Record<string, string>>,
    { address, port }: SenderSockets,
  ): SenderProcess {
    const entry = SENDER_ENTRIES.map((each) => join(ROOT, each)).find(existsSync);
    if (entry === undefined) throw new CliError('this installation has no sender');
    const child = fork(entry, [], {
      env: {
        PATH: process.env.PATH,
        ...deployed,
        ...aws,
        // Addresses of this machine, and ports that may be free: nothing else differs from the container.
        [SENDER_VARIABLE.udpAddresses]: address,
        [SENDER_VARIABLE.udpPort]: String(port),
        [SENDER_VARIABLE.healthPort]: '0',
      },
      stdio: ['ignore', 2, 2, 'ipc'],
    });
    return new SenderProcess(child);
  }

  /** Where it listens, once it does. @throws CliError when it ends before */
  async listening(): Promise<v.InferOutput<typeof startMessage>['udpAddresses']> {
    const started = new Promise<unknown>((resolve) => this.#child.once('message', resolve));
    const message = await Promise.race([started, this.#ended.then(() => undefined)]);
    const parsed = v.safeParse(startMessage, message);
    if (!parsed.success) throw new CliError('the sender could not start: its log above says why');
    return parsed.output.udpAddresses;
  }

  /** Resolves with its exit code. */
  get ended(): Promise<number | null> {
    return this.#ended;
  }

  /** Stops it as Fargate does: what is under way ends first. */
  stop(): void {
    this.#child.kill('SIGTERM');
  }
}
