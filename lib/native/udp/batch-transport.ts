import type { UeAddress } from '../../address/ue-address.ts';
import { DeliveryError } from '../../distribution/errors.ts';
import type { DatagramListener, DatagramTransport } from '../../distribution/transport/datagram-transport.ts';
import { isPort, noRoute } from '../../distribution/transport/no-route.ts';
import type { MessageBatch } from '../../mikey/message/msk-batch.ts';
import { adoptBatchSocket, type BatchSocket, openBatchSocket } from './batch-socket.ts';
import { MAX_PER_CALL, putMessage } from './send-table.ts';
import type { SystemCalls } from './system-calls.ts';

/** What may differ from transport to transport. */
export interface BatchTransportOptions {
  /** Lets several transports, each in its own thread or process, have the same ports. */
  readonly reusePort?: boolean;
  /** Descriptors of sockets that are bound already, one for each local address: these are used. */
  readonly bound?: readonly number[] | undefined;
  /** Told when an ICMP error comes back for a datagram to this address. */
  readonly onRefused?: (to: UeAddress, error: DeliveryError) => void;
}

/**
 * Opens a UDP socket on each numeric local address, as `openDatagramTransport` does, that hands the system up to
 * 1024 datagrams in one call and takes up to 64 from it.
 * @throws Error as the system has it when an address can't be bound
 */
export function openBatchTransport(
  calls: SystemCalls,
  local: readonly UeAddress[],
  listener: DatagramListener,
  { reusePort = false, bound, onRefused = () => {} }: BatchTransportOptions = {},
): DatagramTransport {
  const sockets: BatchSocket[] = [];
  const routes: Route[] = [];
  const listeners = {
    onDatagram: listener,
    onRefused: (to: UeAddress, why: string) =>
      onRefused(to, new DeliveryError('not-sent', `the datagram met an error on its way: ${why}`)),
  };
  try {
    for (const fd of bound ?? []) sockets.push(adoptBatchSocket(calls, fd, listeners));
    for (const address of bound === undefined ? local : [])
      sockets.push(openBatchSocket(calls, address, listeners, { reusePort }));
  } catch (error) {
    for (const socket of sockets) socket.close();
    throw error;
  }
  for (const socket of sockets) {
    if (!routes.some((route) => route.socket.family === socket.family))
      routes.push({ socket, messages: new Uint32Array(MAX_PER_CALL), count: 0 });
  }
  // The tables hold one batch at a time.
  let last: Promise<unknown> = Promise.resolve();
  let underWay = 0;
  const inTurn = async <T>(work: () => Promise<T>): Promise<T> => {
    const turn = underWay === 0 ? work() : last.then(work);
    underWay++;
    last = turn.catch(() => {});
    try {
      return await turn;
    } finally {
      underWay--;
    }
  };
  const sendBatch: DatagramTransport['sendBatch'] = (batch, to) =>
    inTurn(() => sendThrough(calls, routes, batch, to));
  return {
    send: async (message, to) => {
      const offsets = Uint32Array.of(0, message.length);
      const [error] = await sendBatch({ octets: message, offsets, count: 1 }, [to]);
      if (error !== undefined) throw error;
    },
    sendBatch,
    addresses: sockets.map(({ address }) => address),
    close: async () => {
      await last;
      for (const socket of sockets) socket.close();
    },
  };
}

/** The socket that serves a family, and what stands in its table. */
interface Route {
  readonly socket: BatchSocket;
  /** For each place of the table the message of the batch. */
  readonly messages: Uint32Array;
  count: number;
}

type Outcomes = (DeliveryError | undefined)[];

async function sendThrough(
  calls: SystemCalls,
  routes: readonly Route[],
  batch: MessageBatch,
  to: readonly UeAddress[],
): Promise<Outcomes> {
  if (to.length !== batch.count)
    throw new RangeError(`${batch.count} messages can't go to ${to.length} addresses`);
  const outcomes: Outcomes = new Array(batch.count).fill(undefined);
  const { buffer, byteOffset } = batch.octets;
  const octetsAddress = calls.addressOf(buffer) + byteOffset;
  for (let first = 0; first < batch.count; first += MAX_PER_CALL) {
    const end = Math.min(first + MAX_PER_CALL, batch.count);
    for (const route of routes) route.count = 0;
    for (let message = first; message < end; message++) {
      const address = to[message] as UeAddress;
      if (!put(routes, batch, octetsAddress, message, address)) outcomes[message] = noRoute(address);
    }
    for (const { socket, messages, count } of routes) {
      if (count === 0) continue;
      await socket.flush(count, (place, error) => {
        outcomes[messages[place] ?? 0] = error;
      });
    }
  }
  // The system reads from it up to here, so it must not have been given up before.
  if (batch.octets.buffer !== buffer) throw new TypeError('the batch was changed while it was sent');
  return outcomes;
}

/** Puts a message in the table of its family; the first is tried first, for most UEs are of one family. */
function put(
  routes: readonly Route[],
  batch: MessageBatch,
  octetsAddress: number,
  message: number,
  to: UeAddress,
): boolean {
  if (!isPort(to.port)) return false;
  for (let index = 0; index < routes.length; index++) {
    const route = routes[index] as Route;
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
