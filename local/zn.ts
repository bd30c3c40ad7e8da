import { ZN_VARIABLE } from '../functions/environment-variables.ts';
import { hostAndPort } from '../lib/address/host-and-port.ts';
import type { UeAddress } from '../lib/address/ue-address.ts';
import type { PartEnd } from './part-end.ts';
import { ServiceProcess } from './service-process.ts';

/** Which Diameter peer the service has. */
export interface LocalZnOptions {
  readonly peer: UeAddress;
  /** Where it offers Nbsp_GBA, numeric. */
  readonly address: string;
  /** The realm of the BSF, and of the BM-SC. */
  readonly realm: string;
  readonly nafFqdn: string;
  readonly logFile: string;
  /** Called when the process ends unexpectedly. */
  readonly onEnd: (end: PartEnd) => void;
}

/** The service that speaks Diameter Zn, in a process of its own: the container's own entry point. */
export class LocalZn {
  /** Where it offers Nbsp_GBA. */
  readonly apiRoot: string;
  readonly #process: ServiceProcess;

  private constructor(process: ServiceProcess, at: UeAddress) {
    this.#process = process;
    this.apiRoot = `http://${hostAndPort(at)}`;
  }

  /** @throws Error with what the service wrote when it could not start */
  static async start({ peer, address, realm, nafFqdn, logFile, onEnd }: LocalZnOptions): Promise<LocalZn> {
    const { process, started } = await ServiceProcess.start<{ readonly port: number }>({
      what: 'the Zn service',
      entry: 'functions/zn/main.ts',
      environment: {
        [ZN_VARIABLE.originHost]: nafFqdn,
        [ZN_VARIABLE.originRealm]: realm,
        [ZN_VARIABLE.destinationRealm]: realm,
        [ZN_VARIABLE.peers]: JSON.stringify([peer]),
        [ZN_VARIABLE.httpAddress]: address,
        [ZN_VARIABLE.httpPort]: '0',
        [ZN_VARIABLE.healthPort]: '0',
      },
      portTaken: 'a TCP port of the Zn service is taken by another program',
      logFile,
      onEnd,
    });
    return new LocalZn(process, { address, port: started.port });
  }

  close(): Promise<void> {
    return this.#process.close();
  }
}
