import { createSocket, type Socket } from 'node:dgram';
import type { UeAddress } from '../../lib/address/ue-address.ts';
import type { SeededRandom } from '../seeded-random.ts';

/** Faults of the network, each way: probabilities, and the greatest delay of a datagram, in ms. */
export interface WayFaults {
  readonly loss: number;
  readonly repetition: number;
  readonly reordering: number;
  readonly lateMs: number;
}

/** A network without faults. */
export const NO_FAULTS: WayFaults = { loss: 0, repetition: 0, reordering: 0, lateMs: 0 };

/** Counts of datagrams of one direction. */
export interface WayCounts {
  taken: number;
  lost: number;
  repeated: number;
  reordered: number;
}

/**
 * A UDP relay between senders and UEs: the senders see its addresses for the UEs', the UEs see its for the
 * senders'.
 */
export interface LossyRelay {
  /** In the order of the UEs' addresses. */
  readonly addresses: readonly UeAddress[];
  readonly toUes: Readonly<WayCounts>;
  readonly toSenders: Readonly<WayCounts>;
  readonly setFaults: (faults: WayFaults) => void;
  /**
   * The tap sees each datagram of a UE before and after it is forwarded, and may send any datagram to the
   * sender.
   */
  readonly tap: (tap: SenderTap | undefined) => void;
  /**
   * The tap sees each datagram of a sender before it is forwarded, and may send any datagram to that
   * sender.
   */
  readonly tapToUes: (tap: UeTap | undefined) => void;
  readonly close: () => Promise<void>;
}

/** An attacker on the way, who observes what UEs send to a sender. */
export type SenderTap = (
  datagram: Uint8Array,
  send: (forged: Uint8Array) => void,
  when: 'before' | 'after',
) => void;

/** An attacker on the way, who observes what a sender sends to UEs. */
export type UeTap = (datagram: Uint8Array, send: (forged: Uint8Array) => void) => void;

const RECEIVE_BUFFER = 4 * 1024 * 1024;

/** Starts a relay on loopback before the UEs' sockets. */
export async function startLossyRelay(ues: readonly UeAddress[], random: SeededRandom): Promise<LossyRelay> {
  const sockets: Socket[] = [];
  const toUes = noCounts();
  const toSenders = noCounts();
  let faults = NO_FAULTS;
  let tap: SenderTap | undefined;
  let ueTap: UeTap | undefined;
  let isClosed = false;

  const open = async () => {
    const socket = await bind();
    sockets.push(socket);
    return socket;
  };

  const pass = (counts: WayCounts, send: () => void) => {
    counts.taken += 1;
    const { loss, repetition, reordering, lateMs } = faults;
    const copies = random.happens(repetition) ? 2 : 1;
    if (copies === 2) counts.repeated += 1;
    for (let copy = 0; copy < copies; copy++) {
      if (random.happens(loss)) counts.lost += 1;
      else if (random.happens(reordering)) {
        counts.reordered += 1;
        setTimeout(() => isClosed || send(), random.next() * lateMs);
      } else send();
    }
  };

  const relay = async (ue: UeAddress): Promise<UeAddress> => {
    const front = await open();
    const backs = new Map<string, Promise<Socket>>();
    const backFor = async (sender: UeAddress) => {
      const back = await open();
      const answer = (octets: Uint8Array) => front.send(octets, sender.port, sender.address);
      back.on('message', (datagram) => {
        tap?.(datagram, answer, 'before');
        pass(toSenders, () => answer(datagram));
        tap?.(datagram, answer, 'after');
      });
      return back;
    };
    front.on('message', async (datagram, { address, port }) => {
      ueTap?.(datagram, (forged) => front.send(forged, port, address));
      const name = `${address} ${port}`;
      const opening = backs.get(name) ?? backFor({ address, port });
      backs.set(name, opening);
      const back = await opening;
      if (!isClosed) pass(toUes, () => back.send(datagram, ue.port, ue.address));
    });
    return front.address();
  };

  const addresses: UeAddress[] = [];
  for (const ue of ues) addresses.push(await relay(ue));
  return {
    addresses,
    toUes,
    toSenders,
    setFaults: (changed) => {
      faults = changed;
      for (const counts of [toUes, toSenders]) Object.assign(counts, noCounts());
    },
    tap: (changed) => {
      tap = changed;
    },
    tapToUes: (changed) => {
      ueTap = changed;
    },
    close: async () => {
      isClosed = true;
      await Promise.all(sockets.map((socket) => new Promise<void>((resolve) => socket.close(resolve))));
    },
  };
}

function noCounts(): WayCounts {
  return { taken: 0, lost: 0, repeated: 0, reordered: 0 };
}

function bind(): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createSocket({ type: 'udp4', recvBufferSize: RECEIVE_BUFFER });
    socket.once('error', reject);
    socket.bind(0, '127.0.0.1', () => resolve(socket));
  });
}
