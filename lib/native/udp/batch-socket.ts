import { isIP } from 'node:net';
import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { getSystemErrorName } from 'node:util';
import type { UeAddress } from '../../address/ue-address.ts';
import type { DeliveryError } from '../../distribution/errors.ts';
import type { DatagramListener } from '../../distribution/transport/datagram-transport.ts';
import { type FlushCalls, flush } from './flush.ts';
import { ReceivePace } from './receive-pace.ts';
import { createReceiveTable, type ReceiveTable } from './receive-table.ts';
import { createSendTable, MAX_PER_CALL, type SendTable } from './send-table.ts';
import {
  LENGTH_OF_FAMILY,
  putSocketAddress,
  SOCKET_ADDRESS_LENGTH,
  socketAddressAt,
} from './socket-address.ts';
import { LINUX, MMSGHDR_LENGTH, type SystemCalls, type Watch } from './system-calls.ts';

/** What a socket reports. */
export interface SocketListeners {
  readonly onDatagrams: DatagramListener;
  /** An ICMP error came back for a datagram to this address. */
  readonly onRefused: (to: UeAddress, why: string) => void;
}

/** How a socket is opened. */
export interface SocketOptions {
  /** Lets several sockets bind the same port; the system shares out what comes in. */
  readonly reusePort: boolean;
}

/** Octets of the system's buffers of a socket, both ways; it may give less. */
const BUFFER_LENGTH = 4 * 1024 * 1024;

/** Calls of recvmmsg for one event, so that a flood leaves time for other work. */
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
 * Serves a socket that `bindSocket` has made, in this process or in its parent, and owns it from now on.
 * @throws Error as the system has it
 */
export function adoptBatchSocket(calls: SystemCalls, fd: number, listeners: SocketListeners): BatchSocket {
  try {
    const octets = new Uint8Array(SOCKET_ADDRESS_LENGTH);
    check(calls, `getsockname for descriptor ${fd}`, calls.getName(fd, octets));
    return new BatchSocket(calls, fd, socketAddressAt(octets, 0), listeners);
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

/**
 * A UDP socket that sends and receives many datagrams in one system call. It is watched until it is closed.
 */
export class BatchSocket {
  readonly family: 4 | 6;
  readonly address: UeAddress;
  /** The messages that the next `flush` sends. */
  readonly table: SendTable;
  readonly #calls: SystemCalls;
  readonly #fd: number;
  readonly #listeners: SocketListeners;
  readonly #incoming: ReceiveTable;
  readonly #watch: Watch;
  readonly #flushCalls: FlushCalls;
  readonly #pace = new ReceivePace();
  #isClosed = false;
  /** Ends a pause in which the socket is not watched; undefined: it is. */
  #pausing: NodeJS.Timeout | undefined;
  /** Resumes a flush that waits until the socket can be written. */
  #resumeFlush: (() => void) | undefined;

  constructor(calls: SystemCalls, fd: number, address: UeAddress, listeners: SocketListeners) {
    this.family = isIP(address.address) === 6 ? 6 : 4;
    this.address = address;
    this.table = createSendTable(calls.addressOf);
    this.#calls = calls;
    this.#fd = fd;
    this.#listeners = listeners;
    this.#incoming = createReceiveTable(calls.addressOf);
    this.#flushCalls = {
      send: (first, count) => this.#send(first, count),
      takeErrors: () => this.#receiveErrors(),
      nameOfError: calls.nameOfError,
      writable: () => this.#writable(),
      pause: (ms) => pause(ms),
    };
    this.#watch = calls.watch(fd, (event) => this.#onEvent(event));
  }

  /** Sends the first `count` messages of the table, see `flush`. One call at a time. */
  flush(count: number, fail: (index: number, error: DeliveryError) => void): Promise<void> {
    return flush(this.#flushCalls, count, fail);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#pausing);
    this.#watch.close();
    this.#calls.close(this.#fd);
    this.#resumeFlush?.();
  }

  #onEvent(event: 'ready' | 'failed' | 'pause-ended'): void {
    if (this.#isClosed) return;
    const pauseMs = this.#pace.pauseAfter(this.#receive(), performance.now());
    if (event === 'failed') this.#receiveErrors();
    const resume = this.#resumeFlush;
    this.#resumeFlush = undefined;
    if (pauseMs > 0) this.#pauseWatch(pauseMs);
    // An error ends the watching. A socket that can be written would be reported again and again.
    else if (event !== 'ready' || resume !== undefined) this.#startWatch(false);
    resume?.();
  }

  #startWatch(writable: boolean): void {
    clearTimeout(this.#pausing);
    this.#pausing = undefined;
    this.#watch.start(writable);
  }

  #pauseWatch(ms: number): void {
    if (this.#pausing === undefined) this.#watch.stop();
    this.#pausing = setTimeout(() => this.#onEvent('pause-ended'), ms);
  }

  #send(first: number, count: number): number {
    const headers = this.table.headersAddress + first * MMSGHDR_LENGTH;
    return this.#calls.sendmmsg(this.#fd, headers, Math.min(count, MAX_PER_CALL), LINUX.MSG_DONTWAIT);
  }

  #writable(): Promise<void> {
    return new Promise((resolve) => {
      this.#resumeFlush = resolve;
      if (this.#isClosed) resolve();
      else this.#startWatch(true);
    });
  }

  /** @returns how many datagrams came */
  #receive(): number {
    const table = this.#incoming;
    let all = 0;
    for (let call = 0; call < CALLS_PER_EVENT; call++) {
      const count = this.#receiveInto(table, LINUX.MSG_DONTWAIT);
      const received = table.datagrams(count);
      if (received.octets.length > 0) this.#listeners.onDatagrams(received);
      all += Math.max(count, 0);
      if (count < table.capacity) break;
    }
    return all;
  }

  /** Empties the error queue. It holds datagrams that met an ICMP error, and where they were sent to. */
  #receiveErrors(): number {
    const table = this.#incoming;
    let errors = 0;
    for (;;) {
      const count = this.#receiveInto(table, LINUX.MSG_DONTWAIT | LINUX.MSG_ERRQUEUE);
      for (let index = 0; index < count; index++)
        this.#listeners.onRefused(table.addressOf(index), this.#calls.nameOfError(table.errorOf(index)));
      errors += Math.max(count, 0);
      if (count < table.capacity) return errors;
    }
  }

  #receiveInto(table: ReceiveTable, flags: number): number {
    table.reset();
    return this.#calls.recvmmsg(this.#fd, table.headersAddress, table.capacity, flags);
  }
}
