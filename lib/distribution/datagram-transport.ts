import { createSocket, type Socket } from 'node:dgram';
import { isIP } from 'node:net';
import type { UeAddress } from '../store/association.ts';
import { DeliveryError } from './errors.ts';

/** Sends MIKEY messages and receives what comes back. */
export interface DatagramTransport {
  /** @throws DeliveryError `no-route` when no socket has the address's family, `not-sent` when the system refuses */
  readonly send: (message: Uint8Array, to: UeAddress) => Promise<void>;
  /** Local addresses, numeric. */
  readonly addresses: readonly UeAddress[];
  readonly close: () => Promise<void>;
}

/** What is done with a datagram that came in; it must not throw. */
export type DatagramListener = (message: Uint8Array, from: UeAddress) => void;

/**
 * Opens a UDP socket on each numeric local address, IPv4 or IPv6. Port 0 takes any free one.
 * @throws the system's error when an address can't be bound
 */
export async function openDatagramTransport(
  local: readonly UeAddress[],
  listener: DatagramListener,
): Promise<DatagramTransport> {
  const sockets: Socket[] = [];
  try {
    for (const address of local) sockets.push(await bind(address, listener));
  } catch (error) {
    for (const socket of sockets) socket.close();
    throw error;
  }
  return {
    send: (message, to) => send(sockets, message, { ...to, address: unmapped(to.address) }),
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

function bind({ address, port }: UeAddress, listener: DatagramListener): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const type = isIP(address) === 6 ? 'udp6' : 'udp4';
    const socket = createSocket({ type, ipv6Only: type === 'udp6', recvBufferSize: RECEIVE_BUFFER });
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

/** `::ffff:192.0.2.1` is how an IPv6 socket names an IPv4 peer. */
function unmapped(address: string): string {
  const mapped = /^::ffff:([0-9.]+)$/i.exec(address)?.[1];
  return mapped !== undefined && isIP(mapped) === 4 ? mapped : address;
}
