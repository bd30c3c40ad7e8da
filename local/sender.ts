import { SENDER_VARIABLE } from '../functions/environment-variables.ts';
import type { UeAddress } from '../lib/address/ue-address.ts';
import { environmentOfContainer } from './aws/task-environment.ts';
import type { ResolvedStacks } from './aws/template.ts';
import type { PartEnd } from './part-end.ts';
import { ServiceProcess } from './service-process.ts';

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

/**
 * The sender in a process of its own: the container's own entry point, with the environment of its task
 * definition.
 */
export class LocalSender {
  readonly udpPort: number;
  readonly udpAddresses: readonly UeAddress[];
  readonly #process: ServiceProcess;

  private constructor(process: ServiceProcess, { udpPort, udpAddresses }: Started) {
    this.#process = process;
    this.udpPort = udpPort;
    this.udpAddresses = udpAddresses;
  }

  /** @throws PortTakenError, Error with what the sender wrote when it could not start */
  static async start(stacks: ResolvedStacks, options: LocalSenderOptions): Promise<LocalSender> {
    const { udpPort, logFile, onEnd } = options;
    const { process, started } = await ServiceProcess.start<Started>({
      what: 'the sender',
      entry: 'functions/key-distribution/main.ts',
      environment: {
        ...options.environment,
        ...environmentOfContainer(stacks, 'Sender'),
        // Addresses of this machine, and ports that may be free: nothing else differs from the container.
        [SENDER_VARIABLE.udpAddresses]: options.udpAddresses.join(),
        [SENDER_VARIABLE.udpPort]: String(udpPort),
        [SENDER_VARIABLE.healthPort]: '0',
        ...options.changes,
      },
      portTaken: `UDP port ${udpPort} is taken by another program`,
      logFile,
      onEnd,
    });
    return new LocalSender(process, started);
  }

  /** Stops the sender as Fargate does. */
  close(): Promise<void> {
    return this.#process.close();
  }
}
