import { createSocket, type Socket } from 'node:dgram';
import { isIP } from 'node:net';
import { type MessageBatch, messageOf } from '../mikey/batch/msk-messages.ts';
import type { UeAddress } from '../store/association.ts';
import { DeliveryError } from './errors.ts';

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
  const sendOne: DatagramTransport['send'] = (message, to) =>
    send(sockets, message, { ...to, address: unmapped(to.address) });
  return {
    send: sendOne,
    sendBatch: (batch, to) => sendEach(sendOne, batch, to),
    addresses: sockets.map((socket) => socket.address()),
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

function send(sockets: readonly Socket[], message: Uint8Array, to: UeAddress): Promise<void> {
  const family = isIP(to.address);
  if (family === 0)
    return Promise.reject(new DeliveryError('no-route', 'the UE address is not a numeric IP address'));
  const socket = sockets.find((each) => isIP(each.address().address) === family);
  if (socket === undefined) {
    return Promise.reject(
      new DeliveryError('no-route', `there is no IPv${family} socket: set a local IPv${family} address`),
    );
  }
  return new Promise((resolve, reject) => {
    socket.send(message, to.port, to.address, (error) => {
      if (error === null) resolve();
      else
        reject(
          new DeliveryError('not-sent', `the datagram was not sent: ${error.message}`, { cause: error }),
        );
    });
  });
}

/** More at once would only wait in memory: a socket's buffer holds about as many of our messages. */
const AT_ONCE = 256;

async function sendEach(
  sendOne: DatagramTransport['send'],
  batch: MessageBatch,
  to: readonly UeAddress[],
): Promise<(DeliveryError | undefined)[]> {
  if (to.length !== batch.count)
    throw new RangeError(`${batch.count} messages can't go to ${to.length} addresses`);
  const outcomes: (DeliveryError | undefined)[] = [];
  for (let start = 0; start < to.length; start += AT_ONCE) {
    const sent = to.slice(start, start + AT_ONCE).map(async (address, index) => {
      try {
        await sendOne(messageOf(batch, start + index), address);
        return undefined;
      } catch (error) {
        if (error instanceof DeliveryError) return error;
        throw error;
      }
    });
    outcomes.push(...(await Promise.all(sent)));
  }
  return outcomes;
}

/** `::ffff:192.0.2.1` is how an IPv6 socket names an IPv4 peer. */
function unmapped(address: string): string {
  const mapped = /^::ffff:([0-9.]+)$/i.exec(address)?.[1];
  return mapped !== undefined && isIP(mapped) === 4 ? mapped : address;
}
