import { type End, FLAG, tcpPacket, udpPacket } from './ip-packets.ts';
import { type CapturedPacket, pcapngOf } from './pcapng.ts';

/** One TCP connection: where its client and its server stand in their sequence numbers. */
export interface RecordedConnection {
  readonly client: End;
  readonly server: End;
  fromClient: number;
  fromServer: number;
}

/** First sequence numbers; any would do. */
const FIRST = { client: 1000, server: 5000 } as const;

/**
 * What was exchanged, in its order, as packets. The octets are those of real sockets; headers of IP, TCP and
 * UDP are made here, with addresses that stand for the parties.
 */
export class Recording {
  readonly #packets: CapturedPacket[] = [];
  #last = 0;

  udp(from: End, to: End, data: Uint8Array, comment: string): void {
    this.#put(udpPacket(from, to, data), comment);
  }

  /** A connection that was opened: its handshake. */
  open(client: End, server: End, comment: string): RecordedConnection {
    const [isn, peer] = [FIRST.client, FIRST.server];
    this.#put(tcpPacket(client, server, { seq: isn, ack: 0, flags: FLAG.SYN }), comment);
    this.#put(tcpPacket(server, client, { seq: peer, ack: isn + 1, flags: FLAG.SYN | FLAG.ACK }));
    this.#put(tcpPacket(client, server, { seq: isn + 1, ack: peer + 1, flags: FLAG.ACK }));
    return { client, server, fromClient: isn + 1, fromServer: peer + 1 };
  }

  /** Octets of a connection, in one segment. */
  tcp(connection: RecordedConnection, sender: 'client' | 'server', data: Uint8Array): void {
    this.#segment(connection, sender, FLAG.PSH | FLAG.ACK, data);
    if (sender === 'client') connection.fromClient += data.length;
    else connection.fromServer += data.length;
  }

  close(connection: RecordedConnection): void {
    this.#segment(connection, 'client', FLAG.FIN | FLAG.ACK);
    connection.fromClient += 1;
    this.#segment(connection, 'server', FLAG.FIN | FLAG.ACK);
  }

  toPcapng(): Uint8Array {
    return pcapngOf(this.#packets);
  }

  #segment(
    connection: RecordedConnection,
    sender: 'client' | 'server',
    flags: number,
    data?: Uint8Array,
  ): void {
    const { client, server, fromClient, fromServer } = connection;
    const packet =
      sender === 'client'
        ? tcpPacket(client, server, { seq: fromClient, ack: fromServer, flags }, data)
        : tcpPacket(server, client, { seq: fromServer, ack: fromClient, flags }, data);
    this.#put(packet);
  }

  #put(octets: Uint8Array, comment?: string): void {
    // Packets of one millisecond keep their order.
    const at = Math.max(Date.now() * 1000, this.#last + 1);
    this.#last = at;
    this.#packets.push({ at, octets, comment });
  }
}
