import { MAX_WAITING } from './messages.ts';

/** Where datagrams for other workers go, and where they are counted. */
export interface ForwarderPorts {
  /**
   * Sends datagrams to the process of a worker, and calls `onRead` when they no longer wait in this process.
   */
  readonly send: (to: number, datagrams: readonly Uint8Array[], onRead: () => void) => void;
  readonly onForwarded: (datagrams: number) => void;
  readonly onNotForwarded: (datagrams: number) => void;
}

/**
 * Forwards datagrams to the workers that they answer. Sends datagrams of one turn of the event loop together,
 * since a message between processes costs more than a datagram in it. Drops datagrams while `MAX_WAITING`
 * wait.
 */
export class Forwarder {
  readonly #ports: ForwarderPorts;
  readonly #gathered = new Map<number, Uint8Array[]>();
  #waiting = 0;

  constructor(ports: ForwarderPorts) {
    this.#ports = ports;
  }

  /** Forwards a datagram to the worker with the index `to`, or counts it as not forwarded. */
  forward(to: number, datagram: Uint8Array): void {
    if (this.#waiting >= MAX_WAITING) {
      this.#ports.onNotForwarded(1);
      return;
    }
    this.#waiting += 1;
    if (this.#gathered.size === 0) setImmediate(() => this.#send());
    const others = this.#gathered.get(to);
    if (others === undefined) this.#gathered.set(to, [datagram]);
    else others.push(datagram);
  }

  #send(): void {
    for (const [to, datagrams] of this.#gathered) {
      this.#ports.onForwarded(datagrams.length);
      this.#ports.send(to, datagrams, () => {
        this.#waiting -= datagrams.length;
      });
    }
    this.#gathered.clear();
  }
}
