import type { Socket } from 'node:dgram';
import { type Segment, segmentDatagram } from './segment.ts';

/** Where a daemon listens for segments, such as `127.0.0.1:2000`. */
export interface DaemonAddress {
  readonly address: string;
  readonly port: number;
}

/**
 * Reads the variable by which Lambda names a daemon: an address and a port, or two with what they are for, as
 * in `tcp:127.0.0.1:2000 udp:127.0.0.1:2000`. @returns undefined for any other text
 */
export function parseDaemonAddress(text: string | undefined): DaemonAddress | undefined {
  const of = text?.split(' ').find((each) => !each.startsWith('tcp:'));
  const { address, port } = /^(?:udp:)?(?<address>[^:]+):(?<port>\d{1,5})$/.exec(of ?? '')?.groups ?? {};
  return address === undefined ? undefined : { address, port: Number(port) };
}

/** Sends segments to a daemon, an X-Ray daemon or a collector of OpenTelemetry that takes its protocol. */
export class TraceDaemon {
  readonly #daemon: DaemonAddress;
  #socket: Promise<Socket> | undefined;

  constructor(daemon: DaemonAddress) {
    this.#daemon = daemon;
  }

  /** Resolves when the system has taken it. One that can't be sent is lost: no work waits for a trace. */
  async send(segment: Segment): Promise<void> {
    const { address, port } = this.#daemon;
    const datagram = segmentDatagram(segment);
    try {
      this.#socket ??= openSocket();
      const socket = await this.#socket;
      await new Promise<void>((resolve) => socket.send(datagram, port, address, () => resolve()));
    } catch {
      this.#socket = undefined;
    }
  }
}

/** Loaded when there is something to send: functions that trace nothing need no sockets. */
async function openSocket(): Promise<Socket> {
  const { createSocket } = await import('node:dgram');
  const socket = createSocket('udp4');
  socket.unref();
  socket.on('error', () => {});
  return socket;
}
