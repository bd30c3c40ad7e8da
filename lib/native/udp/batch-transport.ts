import type { UeAddress } from '../../address/ue-address.ts';
import { DeliveryError } from '../../distribution/errors.ts';
import {
  type DatagramListener,
  type DatagramTransport,
  DROP_DATAGRAMS,
  type ReceivedDatagrams,
} from '../../distribution/transport/datagram-transport.ts';
import { isPort, noRoute } from '../../distribution/transport/no-route.ts';
import type { MessageBatch } from '../../mikey/message/msk-batch.ts';
import { adoptBatchSocket, type BatchSocket, openBatchSocket } from './batch-socket.ts';
import { MAX_PER_CALL, putMessage } from './send-table.ts';
import type { SystemCalls } from './system-calls.ts';

/** How a batch transport is opened. */
export interface BatchTransportOptions {
  /** Lets several transports, each in its own thread or process, bind the same ports. */
  readonly reusePort?: boolean;
  /**
   * Descriptors of sockets that are already bound, one for each local address, to be used instead of new
   * ones.
   */
  readonly bound?: readonly number[] | undefined;
  /** Called when an ICMP error comes back for a datagram to this address. */
  readonly onRefused?: (to: UeAddress, error: DeliveryError) => void;
}

/**
 * Opens a UDP socket on each numeric local address, as `openDatagramTransport` does. It sends up to 1024
 * datagrams in one system call and receives up to 64.
 * @throws Error as the system has it when an address can't be bound
 */
export function openBatchTransport(
  calls: SystemCalls,
  local: readonly UeAddress[],
  options: BatchTransportOptions = {},
): DatagramTransport {
  return new BatchTransport(calls, local, options);
}

/** The socket of a family, and the messages that stand in its table. */
interface Route {
  readonly socket: BatchSocket;
  /** The index in the batch of the message at each index of the table. */
  readonly messages: Uint32Array;
  count: number;
}

type Outcomes = (DeliveryError | undefined)[];

class BatchTransport implements DatagramTransport {
  readonly addresses: readonly UeAddress[];
  readonly #calls: SystemCalls;
  readonly #sockets: BatchSocket[] = [];
  /** The first socket of each family. */
  readonly #routes: Route[] = [];
  #onDatagrams = DROP_DATAGRAMS;
  /** Ends when the last batch so far has been sent: the tables hold one batch. */
  #lastBatch: Promise<unknown> = Promise.resolve();
  #batchesInProgress = 0;

  constructor(
    calls: SystemCalls,
    local: readonly UeAddress[],
    { reusePort = false, bound, onRefused = () => {} }: BatchTransportOptions,
  ) {
    this.#calls = calls;
    const listeners = {
      onDatagrams: (datagrams: ReceivedDatagrams) => this.#onDatagrams(datagrams),
      onRefused: (to: UeAddress, why: string) =>
        onRefused(to, new DeliveryError('not-sent', `the datagram met an error on its way: ${why}`)),
    };
    try {
      for (const fd of bound ?? []) this.#sockets.push(adoptBatchSocket(calls, fd, listeners));
      for (const address of bound === undefined ? local : [])
        this.#sockets.push(openBatchSocket(calls, address, listeners, { reusePort }));
    } catch (error) {
      for (const socket of this.#sockets) socket.close();
      throw error;
    }
    this.addresses = this.#sockets.map(({ address }) => address);
    for (const socket of this.#sockets) {
      if (!this.#routes.some((route) => route.socket.family === socket.family))
        this.#routes.push({ socket, messages: new Uint32Array(MAX_PER_CALL), count: 0 });
    }
  }

  listen(onDatagrams: DatagramListener): void {
    this.#onDatagrams = onDatagrams;
  }

  async send(message: Uint8Array, to: UeAddress): Promise<void> {
    const offsets = Uint32Array.of(0, message.length);
    const [error] = await this.sendBatch({ octets: message, offsets, count: 1 }, [to]);
    if (error !== undefined) throw error;
  }

  async sendBatch(batch: MessageBatch, to: readonly UeAddress[]): Promise<Outcomes> {
    const sending =
      this.#batchesInProgress === 0
        ? this.#sendNow(batch, to)
        : this.#lastBatch.then(() => this.#sendNow(batch, to));
    this.#batchesInProgress++;
    this.#lastBatch = sending.catch(() => {});
    try {
      return await sending;
    } finally {
      this.#batchesInProgress--;
    }
  }

  async close(): Promise<void> {
    await this.#lastBatch;
    for (const socket of this.#sockets) socket.close();
  }

  async #sendNow(batch: MessageBatch, to: readonly UeAddress[]): Promise<Outcomes> {
    if (to.length !== batch.count)
      throw new RangeError(`${batch.count} messages can't go to ${to.length} addresses`);
    const outcomes: Outcomes = new Array(batch.count).fill(undefined);
    const { buffer, byteOffset } = batch.octets;
    const octetsAddress = this.#calls.addressOf(buffer) + byteOffset;
    for (let first = 0; first < batch.count; first += MAX_PER_CALL) {
      const end = Math.min(first + MAX_PER_CALL, batch.count);
      for (const route of this.#routes) route.count = 0;
      for (let message = first; message < end; message++) {
        const address = to[message] as UeAddress;
        if (!this.#put(batch, octetsAddress, message, address)) outcomes[message] = noRoute(address);
      }
      for (const { socket, messages, count } of this.#routes) {
        if (count === 0) continue;
        await socket.flush(count, (index, error) => {
          outcomes[messages[index] ?? 0] = error;
        });
      }
    }
    // The system reads from the buffer up to here: this use keeps it from being collected before.
    if (batch.octets.buffer !== buffer) throw new TypeError('the batch was changed while it was sent');
    return outcomes;
  }

  /**
   * Puts a message in the table of its family. The first table is tried first: most UEs are of one family.
   */
  #put(batch: MessageBatch, octetsAddress: number, message: number, to: UeAddress): boolean {
    if (!isPort(to.port)) return false;
    for (let index = 0; index < this.#routes.length; index++) {
      const route = this.#routes[index] as Route;
      const { socket, messages, count } = route;
      const family = putMessage(socket.table, count, batch, octetsAddress, message, to);
      if (family === 0) return false;
      if (family !== socket.family) continue;
      messages[count] = message;
      route.count = count + 1;
      return true;
    }
    return false;
  }
}
