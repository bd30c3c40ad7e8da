import { createSocket, type Socket } from 'node:dgram';
import { isIP } from 'node:net';
import { unmappedIpAddress } from '../../address/ip-address.ts';
import type { UeAddress } from '../../address/ue-address.ts';
import { type MessageBatch, messageOf } from '../../mikey/message/msk-batch.ts';
import { DeliveryError } from '../errors.ts';
import { type DatagramListener, type DatagramTransport, DROP_DATAGRAMS } from './datagram-transport.ts';
import { isPort, noRoute } from './no-route.ts';

/** How a transport of `node:dgram` is opened. */
export interface DgramTransportOptions {
  /** Lets several transports, each in its own thread or process, bind the same ports. */
  readonly reusePort?: boolean;
}

/**
 * Opens a UDP socket of `node:dgram` on each numeric local address, IPv4 or IPv6. Port 0 takes any free one.
 * @throws the system's error when an address can't be bound
 */
export async function openDatagramTransport(
  local: readonly UeAddress[],
  { reusePort = false }: DgramTransportOptions = {},
): Promise<DatagramTransport> {
  const sockets: Socket[] = [];
  try {
    for (const address of local) sockets.push(await bind(address, reusePort));
  } catch (error) {
    for (const socket of sockets) socket.close();
    throw error;
  }
  return new DgramTransport(sockets);
}

/**
 * Verification messages come in bursts while this process makes the next messages. Linux's own 208 KiB hold
 * some 270 datagrams and drop the rest unseen; it gives as much of this, in octets, as `net.core.rmem_max`
 * allows.
 */
const RECEIVE_BUFFER = 4 * 1024 * 1024;

function bind({ address, port }: UeAddress, reusePort: boolean): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const type = isIP(address) === 6 ? 'udp6' : 'udp4';
    const socket = createSocket({
      type,
      ipv6Only: type === 'udp6',
      reusePort,
      recvBufferSize: RECEIVE_BUFFER,
      // Addresses are numeric, and Node's own look-up would take a turn of the event loop for each datagram.
      lookup: (address, _options, found) => found(null, address, isIP(address)),
    });
    socket.once('error', reject);
    socket.bind({ address, port }, () => {
      socket.off('error', reject);
      // An ICMP error on one datagram must not end the sender; the verification shows what arrived.
      socket.on('error', () => {});
      resolve(socket);
    });
  });
}

/** Datagrams given to a socket before the next are: its buffer holds about as many of our messages. */
const MAX_PER_ROUND = 256;

/** One system call for each datagram: works on every platform. */
class DgramTransport implements DatagramTransport {
  readonly addresses: readonly UeAddress[];
  readonly #sockets: readonly Socket[];
  /** The first socket of each family. */
  readonly #ipv4: Socket | undefined;
  readonly #ipv6: Socket | undefined;
  #onDatagrams = DROP_DATAGRAMS;
  #gathered: Uint8Array[] = [];
  #senders: UeAddress[] = [];

  constructor(sockets: readonly Socket[]) {
    this.#sockets = sockets;
    this.addresses = sockets.map((socket) => {
      const { address, port } = socket.address();
      return { address, port };
    });
    this.#ipv4 = sockets.find((_, index) => isIP(this.addresses[index]?.address ?? '') === 4);
    this.#ipv6 = sockets.find((_, index) => isIP(this.addresses[index]?.address ?? '') === 6);
    for (const socket of sockets)
      socket.on('message', (message, { address, port }) => this.#gather(message, { address, port }));
  }

  listen(onDatagrams: DatagramListener): void {
    this.#onDatagrams = onDatagrams;
  }

  send(message: Uint8Array, to: UeAddress): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#sendOne(message, to, (error) => (error === undefined ? resolve() : reject(error)));
    });
  }

  async sendBatch(
    batch: MessageBatch,
    to: readonly UeAddress[],
  ): Promise<readonly (DeliveryError | undefined)[]> {
    if (to.length !== batch.count)
      throw new RangeError(`${batch.count} messages can't go to ${to.length} addresses`);
    const outcomes = new Array<DeliveryError | undefined>(batch.count).fill(undefined);
    for (let start = 0; start < to.length; start += MAX_PER_ROUND)
      await this.#sendRound(batch, to, start, Math.min(start + MAX_PER_ROUND, to.length), outcomes);
    return outcomes;
  }

  async close(): Promise<void> {
    await Promise.all(this.#sockets.map((socket) => new Promise<void>((resolve) => socket.close(resolve))));
  }

  /** Gathers what one turn of the event loop brings: together, datagrams cost the receiver less. */
  #gather(datagram: Uint8Array, from: UeAddress): void {
    if (this.#gathered.push(datagram) === 1) setImmediate(() => this.#handOver());
    this.#senders.push(from);
  }

  #handOver(): void {
    const [octets, senders] = [this.#gathered, this.#senders];
    this.#gathered = [];
    this.#senders = [];
    this.#onDatagrams({ octets, addressOf: (index) => senders[index] as UeAddress });
  }

  /** Sends the messages from `start` to before `end`, and waits until the system has taken them. */
  #sendRound(
    batch: MessageBatch,
    to: readonly UeAddress[],
    start: number,
    end: number,
    outcomes: (DeliveryError | undefined)[],
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      let remaining = end - start;
      const done = (index: number) => (error: DeliveryError | undefined) => {
        outcomes[index] = error;
        remaining--;
        if (remaining === 0) resolve();
      };
      try {
        for (let index = start; index < end; index++)
          this.#sendOne(messageOf(batch, index), to[index] as UeAddress, done(index));
      } catch (error) {
        // Node throws for a socket that is closed.
        reject(error);
      }
    });
  }

  /** Gives one datagram to the system, then calls `done` with the error that kept it from being sent. */
  #sendOne(message: Uint8Array, to: UeAddress, done: (error: DeliveryError | undefined) => void): void {
    const address = unmappedIpAddress(to.address);
    const family = isIP(address);
    const socket = family === 4 ? this.#ipv4 : family === 6 ? this.#ipv6 : undefined;
    if (socket === undefined || !isPort(to.port)) {
      done(noRoute(to));
      return;
    }
    socket.send(message, to.port, address, (error) => {
      if (error === null) done(undefined);
      else
        done(new DeliveryError('not-sent', `the datagram was not sent: ${error.message}`, { cause: error }));
    });
  }
}
