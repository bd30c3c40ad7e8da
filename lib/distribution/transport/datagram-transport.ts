import { createSocket, type Socket } from 'node:dgram';
import { isIP } from 'node:net';
import type { UeAddress } from '../../address/ue-address.ts';
import { type MessageBatch, messageOf } from '../../mikey/message/msk-batch.ts';
import { DeliveryError } from '../errors.ts';
import { isPort, noRoute } from './no-route.ts';

/** Sends MIKEY messages and receives what comes back. */
export interface DatagramTransport {
  /** @throws DeliveryError `no-route` when no socket has the address's family, `not-sent` when the system refuses */
  readonly send: (message: Uint8Array, to: UeAddress) => Promise<void>;
  /**
   * Sends each message of the batch to the address of the same place, in their order, and resolves when the system
   * has taken the last of them; the buffer must stay as it is until then.
   * @returns an outcome for each message: undefined when it is sent, else what `send` would throw
   * @throws RangeError unless there are as many addresses as messages
   */
  readonly sendBatch: (
    batch: MessageBatch,
    to: readonly UeAddress[],
  ) => Promise<readonly (DeliveryError | undefined)[]>;
  /** Local addresses, numeric. */
  readonly addresses: readonly UeAddress[];
  readonly close: () => Promise<void>;
}

/** What is done with a datagram that came in; it must not throw. */
export type DatagramListener = (message: Uint8Array, from: UeAddress) => void;

/**
 * Opens a UDP socket on each numeric local address, IPv4 or IPv6. Port 0 takes any free one. With `reusePort` several
 * transports, each in its own thread or process, may have the same ports.
 * @throws the system's error when an address can't be bound
 */
export async function openDatagramTransport(
  local: readonly UeAddress[],
  listener: DatagramListener,
  { reusePort = false }: { readonly reusePort?: boolean } = {},
): Promise<DatagramTransport> {
  const sockets: Socket[] = [];
  try {
    for (const address of local) sockets.push(await bind(address, listener, reusePort));
  } catch (error) {
    for (const socket of sockets) socket.close();
    throw error;
  }
  const addresses = sockets.map((socket) => socket.address());
  const routes: Routes = {
    4: sockets.find((_, index) => isIP(addresses[index]?.address ?? '') === 4),
    6: sockets.find((_, index) => isIP(addresses[index]?.address ?? '') === 6),
  };
  return {
    send: (message, to) =>
      new Promise((resolve, reject) => {
        hand(routes, message, to, (error) => (error === undefined ? resolve() : reject(error)));
      }),
    sendBatch: (batch, to) => sendEach(routes, batch, to),
    addresses,
    close: async () => {
      await Promise.all(sockets.map((socket) => new Promise<void>((resolve) => socket.close(resolve))));
    },
  };
}

/**
 * Verification messages come in bursts while this process makes the next messages. Linux's own 208 KiB hold some
 * 270 datagrams and drop the rest unseen; it gives as much of this, in octets, as `net.core.rmem_max` allows.
 */
const RECEIVE_BUFFER = 4 * 1024 * 1024;

function bind({ address, port }: UeAddress, listener: DatagramListener, reusePort: boolean): Promise<Socket> {
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
    socket.on('message', (message, { address, port }) => listener(message, { address, port }));
    socket.bind({ address, port }, () => {
      socket.off('error', reject);
      // An ICMP error on one datagram must not end the sender; the delivery is judged by its verification.
      socket.on('error', () => {});
      resolve(socket);
    });
  });
}

/** The socket for each family, where there is one. */
type Routes = Readonly<Record<4 | 6, Socket | undefined>>;

/** Hands one datagram to the system; `done` is told when it has it, or why not. */
function hand(
  routes: Routes,
  message: Uint8Array,
  to: UeAddress,
  done: (error: DeliveryError | undefined) => void,
): void {
  const address = unmapped(to.address);
  const family = isIP(address);
  const socket = family === 4 || family === 6 ? routes[family] : undefined;
  if (socket === undefined || !isPort(to.port)) {
    done(noRoute(to));
    return;
  }
  socket.send(message, to.port, address, (error) => {
    if (error === null) done(undefined);
    else done(new DeliveryError('not-sent', `the datagram was not sent: ${error.message}`, { cause: error }));
  });
}

/** More at once would only wait in memory: a socket's buffer holds about as many of our messages. */
const AT_ONCE = 256;

async function sendEach(
  routes: Routes,
  batch: MessageBatch,
  to: readonly UeAddress[],
): Promise<(DeliveryError | undefined)[]> {
  if (to.length !== batch.count)
    throw new RangeError(`${batch.count} messages can't go to ${to.length} addresses`);
  const outcomes = new Array<DeliveryError | undefined>(batch.count).fill(undefined);
  for (let start = 0; start < to.length; start += AT_ONCE) {
    const end = Math.min(start + AT_ONCE, to.length);
    await new Promise<void>((resolve, reject) => {
      let waiting = end - start;
      const done = (index: number) => (error: DeliveryError | undefined) => {
        outcomes[index] = error;
        waiting--;
        if (waiting === 0) resolve();
      };
      try {
        for (let index = start; index < end; index++)
          hand(routes, messageOf(batch, index), to[index] as UeAddress, done(index));
      } catch (error) {
        // What Node throws at once, for a socket that is closed.
        reject(error);
      }
    });
  }
  return outcomes;
}

/** `::ffff:192.0.2.1` is how an IPv6 socket names an IPv4 peer. */
function unmapped(address: string): string {
  if (!address.startsWith('::')) return address;
  const mapped = /^::ffff:([0-9.]+)$/i.exec(address)?.[1];
  return mapped !== undefined && isIP(mapped) === 4 ? mapped : address;
}
