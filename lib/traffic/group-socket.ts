import { createSocket, type Socket } from 'node:dgram';
import { isIP } from 'node:net';
import type { UeAddress } from '../address/ue-address.ts';
import { isMulticastAddress } from './multicast-address.ts';

/** Where multicast leaves or enters this machine. */
export interface GroupOptions {
  /** Of IPv4 a local address, of IPv6 the name of an interface; undefined: the system chooses. */
  readonly interface?: string | undefined;
  /** Routers that a multicast datagram may pass. */
  readonly hops?: number | undefined;
}

/** Datagrams of a fast stream wait there while this process does something else, in octets. */
const RECEIVE_BUFFER = 4 * 1024 * 1024;

/**
 * Receives what is sent to a multicast group, or to a local address, on a UDP port. Several may receive the
 * same group on one machine.
 * @throws the system's error when it can't be bound or joined
 */
export async function openReceiver(
  { address, port }: UeAddress,
  onDatagram: (octets: Uint8Array, from: UeAddress) => void,
  options: GroupOptions = {},
): Promise<GroupSocket> {
  const isGroup = isMulticastAddress(address);
  const socket = createSocket({
    type: typeOf(address),
    reuseAddr: isGroup,
    recvBufferSize: RECEIVE_BUFFER,
  });
  await bound(socket, isGroup ? scoped(address, options) : address, port);
  if (isGroup) socket.addMembership(address, membershipOf(address, options));
  socket.on('message', (octets, { address: from, port }) => onDatagram(octets, { address: from, port }));
  return new GroupSocket(socket);
}

/** Sends to multicast groups and to addresses of the family of `to`. @throws the system's error */
export async function openSender(
  to: UeAddress,
  { hops, ...options }: GroupOptions = {},
): Promise<GroupSocket> {
  const { address } = to;
  const socket = createSocket({ type: typeOf(address) });
  await bound(socket, isIP(address) === 6 ? '::' : '0.0.0.0', 0);
  if (isMulticastAddress(address)) {
    const over = interfaceOf(address, options);
    if (over !== undefined) socket.setMulticastInterface(isIP(address) === 6 ? `::%${over}` : over);
    socket.setMulticastLoopback(true);
    if (hops !== undefined) socket.setMulticastTTL(hops);
  }
  return new GroupSocket(socket);
}

/** A UDP socket for a group. */
export class GroupSocket {
  readonly #socket: Socket;

  constructor(socket: Socket) {
    this.#socket = socket;
    // A datagram that is lost is made up for by the next.
    socket.on('error', () => {});
  }

  /** Its local address. */
  get address(): UeAddress {
    const { address, port } = this.#socket.address();
    return { address, port };
  }

  /** Gives a datagram to the system, which may lose it. */
  send(octets: Uint8Array, { address, port }: UeAddress): void {
    this.#socket.send(octets, port, address);
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.#socket.close(() => resolve()));
  }
}

function bound(socket: Socket, address: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.bind({ address, port }, () => {
      socket.off('error', reject);
      resolve();
    });
  });
}

function interfaceOf(address: string, { interface: name }: GroupOptions): string | undefined {
  return name !== undefined && isIP(address) === 6 ? name.replace(/^.*%/, '') : name;
}

/** A group of IPv6 whose scope is a link or a machine is bound on an interface (RFC 4007 §6). */
function scoped(address: string, options: GroupOptions): string {
  const name = interfaceOf(address, options);
  return name !== undefined && isIP(address) === 6 ? `${address}%${name}` : address;
}

/** IPv6 takes the interface as a scope. */
function membershipOf(address: string, options: GroupOptions): string | undefined {
  const name = interfaceOf(address, options);
  return name !== undefined && isIP(address) === 6 ? `::%${name}` : name;
}

function typeOf(address: string): 'udp4' | 'udp6' {
  return isIP(address) === 6 ? 'udp6' : 'udp4';
}
