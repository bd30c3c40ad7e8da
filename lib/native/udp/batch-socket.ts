import { isIP } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { getSystemErrorName } from 'node:util';
import type { UeAddress } from '../../address/ue-address.ts';
import type { DeliveryError } from '../../distribution/errors.ts';
import type { DatagramListener } from '../../distribution/transport/datagram-transport.ts';
import { flush } from './flush.ts';
import { createReceiveTable, type ReceiveTable } from './receive-table.ts';
import { createSendTable, MAX_PER_CALL, type SendTable } from './send-table.ts';
import {
  LENGTH_OF_FAMILY,
  putSocketAddress,
  SOCKET_ADDRESS_LENGTH,
  socketAddressAt,
} from './socket-address.ts';
import { LINUX, MMSGHDR_LENGTH, type SystemCalls } from './system-calls.ts';

/** A UDP socket that sends and receives many datagrams in one system call. */
export interface BatchSocket {
  readonly family: 4 | 6;
  readonly address: UeAddress;
  /** What the next `flush` sends. */
  readonly table: SendTable;
  /** Sends the first `count` of the table, see `flush`. One at a time. */
  readonly flush: (count: number, fail: (place: number, error: DeliveryError) => void) => Promise<void>;
  readonly close: () => void;
}

/** What a socket tells. */
export interface SocketListeners {
  readonly onDatagram: DatagramListener;
  /** An ICMP error came back for a datagram to this address. */
  readonly onRefused: (to: UeAddress, why: string) => void;
}

/** How a socket is opened. */
export interface SocketOptions {
  /** Lets several sockets have the same port; the system shares out what comes in. */
  readonly reusePort: boolean;
}

/** Octets of the system's buffers of a socket, both ways; it may give less. */
const BUFFER_LENGTH = 4 * 1024 * 1024;

/** Calls of recvmmsg for one event, so that a flood does not keep all else from its turn. */
const CALLS_PER_EVENT = 16;

/** Opens a socket on a numeric address; port 0 takes any free one. @throws Error as the system has it */
export function openBatchSocket(
  calls: SystemCalls,
  local: UeAddress,
  listeners: SocketListeners,
  options: SocketOptions,
): BatchSocket {
  return adoptBatchSocket(calls, bindSocket(calls, local, options), listeners);
}

/**
 * Serves a socket that `bindSocket` has made, in this process or in the one that left it to this one, and owns it from
 * now on. @throws Error as the system has it
 */
export function adoptBatchSocket(calls: SystemCalls, fd: number, listeners: SocketListeners): BatchSocket {
  try {
    const octets = new Uint8Array(SOCKET_ADDRESS_LENGTH);
    check(calls, `getsockname for descriptor ${fd}`, calls.getName(fd, octets));
    const address = socketAddressAt(octets, 0);
    return watched(calls, fd, isIP(address.address) === 6 ? 6 : 4, address, listeners);
  } catch (error) {
    calls.close(fd);
    throw error;
  }
}

/**
 * Makes a socket and binds it, for `adoptBatchSocket`.
 * @returns its descriptor
 * @throws Error as the system has it
 */
export function bindSocket(calls: SystemCalls, local: UeAddress, { reusePort }: SocketOptions): number {
  const family = isIP(local.address) === 6 ? 6 : 4;
  const checked = (what: string, result: number) =>
    check(calls, `${what} ${local.address} port ${local.port}`, result);
  const fd = checked(
    'socket for',
    calls.socket(family === 6 ? LINUX.AF_INET6 : LINUX.AF_INET, LINUX.SOCK_DGRAM),
  );
  try {
    const set = (level: number, name: number, value: number) => calls.setOption(fd, level, name, value);
    if (reusePort) checked('SO_REUSEPORT for', set(LINUX.SOL_SOCKET, LINUX.SO_REUSEPORT, 1));
    if (family === 6) checked('IPV6_V6ONLY for', set(LINUX.IPPROTO_IPV6, LINUX.IPV6_V6ONLY, 1));
    const [level, name] =
      family === 6 ? [LINUX.IPPROTO_IPV6, LINUX.IPV6_RECVERR] : [LINUX.IPPROTO_IP, LINUX.IP_RECVERR];
    checked('RECVERR for', set(level, name, 1));
    // The system limits both to what it allows, without an error.
    checked('SO_SNDBUF for', set(LINUX.SOL_SOCKET, LINUX.SO_SNDBUF, BUFFER_LENGTH));
    checked('SO_RCVBUF for', set(LINUX.SOL_SOCKET, LINUX.SO_RCVBUF, BUFFER_LENGTH));
    const address = new Uint8Array(SOCKET_ADDRESS_LENGTH);
    putSocketAddress(address, 0, local);
    checked('bind', calls.bind(fd, address, LENGTH_OF_FAMILY[family]));
    return fd;
  } catch (error) {
    calls.close(fd);
    throw error;
  }
}

/** @throws Error that names what failed, with the system's name of the error as its `code` */
function check(calls: SystemCalls, what: string, result: number): number {
  if (result >= 0) return result;
  const code = getSystemErrorName(result);
  throw Object.assign(new Error(`${what}: ${code}, ${calls.nameOfError(-result)}`), { code });
}

function watched(
  calls: SystemCalls,
  fd: number,
  family: 4 | 6,
  address: UeAddress,
  listeners: SocketListeners,
): BatchSocket {
  const table = createSendTable(calls.addressOf);
  const incoming = createReceiveTable(calls.addressOf);
  let isClosed = false;
  let onWritable: (() => void) | undefined;
  const takeErrors = () => receiveErrors(calls, fd, incoming, listeners);
  const watch = calls.watch(fd, (event) => {
    if (isClosed) return;
    receive(calls, fd, incoming, listeners);
    if (event === 'failed') takeErrors();
    const resume = onWritable;
    onWritable = undefined;
    // An error stops the watching, and what can be written is told again and again.
    if (event === 'failed' || resume !== undefined) watch.start(false);
    resume?.();
  });
  const flushCalls = {
    send: (first: number, count: number) =>
      calls.sendmmsg(
        fd,
        table.headersAddress + first * MMSGHDR_LENGTH,
        Math.min(count, MAX_PER_CALL),
        LINUX.MSG_DONTWAIT,
      ),
    takeErrors,
    nameOfError: calls.nameOfError,
    writable: () =>
      new Promise<void>((resolve) => {
        onWritable = resolve;
        if (isClosed) resolve();
        else watch.start(true);
      }),
    pause: (ms: number) => pause(ms),
  };
  return {
    family,
    address,
    table,
    flush: (count, fail) => flush(flushCalls, count, fail),
    close: () => {
      if (isClosed) return;
      isClosed = true;
      watch.close();
      calls.close(fd);
      onWritable?.();
    },
  };
}

function receive(calls: SystemCalls, fd: number, table: ReceiveTable, { onDatagram }: SocketListeners): void {
  for (let call = 0; call < CALLS_PER_EVENT; call++) {
    table.reset();
    const count = calls.recvmmsg(fd, table.headersAddress, table.places, LINUX.MSG_DONTWAIT);
    for (let place = 0; place < count; place++) {
      if (!table.isTruncated(place)) onDatagram(table.octetsOf(place), table.addressOf(place));
    }
    if (count < table.places) return;
  }
}

/** The error queue holds what was sent and where to; ICMP errors alone come into it. */
function receiveErrors(
  calls: SystemCalls,
  fd: number,
  table: ReceiveTable,
  { onRefused }: SocketListeners,
): number {
  let errors = 0;
  for (;;) {
    table.reset();
    const count = calls.recvmmsg(
      fd,
      table.headersAddress,
      table.places,
      LINUX.MSG_DONTWAIT | LINUX.MSG_ERRQUEUE,
    );
    for (let place = 0; place < count; place++)
      onRefused(table.addressOf(place), calls.nameOfError(table.errorOf(place)));
    errors += Math.max(count, 0);
    if (count < table.places) return errors;
  }
}
