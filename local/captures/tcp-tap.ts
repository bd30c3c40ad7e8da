import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import type { UeAddress } from '../../lib/address/ue-address.ts';
import type { End } from './ip-packets.ts';
import type { Recording } from './recording.ts';

/** Who talks through a tap, by the names that the capture gives them. */
export interface TapParties {
  /** The address of the client; its port is the real one. */
  readonly clientAddress: string;
  readonly server: End;
  readonly comment: string;
}

/** Stands before a TCP server on loopback, hands on what passes, and records it. */
export class TcpTap {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(recording: Recording, target: UeAddress, parties: TapParties): Promise<TcpTap> {
    const server = createServer();
    const tap = new TcpTap(server);
    server.on('connection', (client) => tap.#connect(client, recording, target, parties));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', resolve);
    });
    return tap;
  }

  get address(): UeAddress {
    const { address, port } = this.#server.address() as AddressInfo;
    return { address, port };
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #connect(client: Socket, recording: Recording, { address, port }: UeAddress, parties: TapParties): void {
    const { clientAddress, server, comment } = parties;
    const connection = recording.open(
      { address: clientAddress, port: client.remotePort ?? 0 },
      server,
      comment,
    );
    const upstream = connect(port, address);
    let isOpen = true;
    const close = () => {
      if (isOpen) recording.close(connection);
      isOpen = false;
    };
    for (const [from, to, sender] of [
      [client, upstream, 'client'],
      [upstream, client, 'server'],
    ] as const) {
      this.#sockets.add(from);
      from.on('data', (octets) => {
        if (isOpen) recording.tcp(connection, sender, octets);
        to.write(octets);
      });
      from.on('end', () => to.end());
      from.on('error', () => to.destroy());
      from.on('close', () => {
        close();
        this.#sockets.delete(from);
      });
    }
  }
}
