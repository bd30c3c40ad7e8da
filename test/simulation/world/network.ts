import type { UeAddress } from '../../../lib/address/ue-address.ts';
import {
  type DatagramListener,
  type DatagramTransport,
  DROP_DATAGRAMS,
} from '../../../lib/distribution/transport/datagram-transport.ts';
import type { Machine } from '../virtual/machine.ts';
import type { World } from './world.ts';

/** UDP between all machines: loss, repetition, reordering, delay, corruption, and NATs that forget. */
export class Network {
  readonly #world: World;
  readonly #sockets = new Map<string, VirtualSocket>();
  readonly #listeners: ((octets: Uint8Array, machine: Machine) => void)[] = [];
  datagrams = 0;

  constructor(world: World) {
    this.#world = world;
  }

  /** Opens a socket of the machine whose code runs. */
  open(address: UeAddress): VirtualSocket {
    return new VirtualSocket(this, this.#world.current(), address);
  }

  /** Hears each datagram when a machine sends it. */
  onSent(listener: (octets: Uint8Array, machine: Machine) => void): void {
    this.#listeners.push(listener);
  }

  /** A socket is reached at this address from now on. */
  bind(address: UeAddress, socket: VirtualSocket): void {
    this.#sockets.set(nameOf(address), socket);
  }

  unbind(address: UeAddress): void {
    this.#sockets.delete(nameOf(address));
  }

  carry(octets: Uint8Array, from: UeAddress, to: UeAddress): void {
    const { faults, random, scheduler, trace } = this.#world;
    this.datagrams += 1;
    trace.note(nameOf(from), `-> ${nameOf(to)}`, octets);
    for (const listener of this.#listeners) listener(octets, this.#world.current());
    if (this.#world.strikes('lost')) return;
    const copies = this.#world.strikes('repeated') ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      const carried = Uint8Array.from(octets);
      if (this.#world.strikes('corrupted')) {
        const at = random.whole(carried.length);
        carried[at] = (carried[at] ?? 0) ^ (1 << random.whole(8));
      }
      const socket = this.#sockets.get(nameOf(to));
      if (socket === undefined) return;
      scheduler.after(10 + random.next() * (20 + faults.delayMs), socket.machine, () =>
        socket.take(carried, from),
      );
    }
  }
}

/** A UDP socket, as the sender's and the UEs' code has it. */
export class VirtualSocket implements DatagramTransport {
  readonly machine: Machine;
  readonly #network: Network;
  readonly #local: UeAddress;
  /** Where others see it. */
  #seenAt: UeAddress;
  #listener: DatagramListener = DROP_DATAGRAMS;
  #isClosed = false;

  constructor(network: Network, machine: Machine, local: UeAddress) {
    this.#network = network;
    this.machine = machine;
    this.#local = local;
    this.#seenAt = local;
    network.bind(local, this);
  }

  get addresses(): readonly UeAddress[] {
    return [this.#local];
  }

  get seenAt(): UeAddress {
    return this.#seenAt;
  }

  /** A NAT gives it another address; what is sent to the former one is lost. */
  rebind(seenAt: UeAddress): void {
    this.#network.unbind(this.#seenAt);
    this.#seenAt = seenAt;
    this.#network.bind(seenAt, this);
  }

  listen(onDatagrams: DatagramListener): void {
    this.#listener = onDatagrams;
  }

  /** What comes in is dropped. */
  isMuted = false;

  take(octets: Uint8Array, from: UeAddress): void {
    if (!this.#isClosed && !this.isMuted) this.#listener({ octets: [octets], addressOf: () => from });
  }

  async send(message: Uint8Array, to: UeAddress): Promise<void> {
    this.#network.carry(message, this.#seenAt, to);
  }

  async sendBatch(batch: Parameters<DatagramTransport['sendBatch']>[0], to: readonly UeAddress[]) {
    const { octets, offsets } = batch;
    for (const [index, address] of to.entries())
      this.#network.carry(octets.subarray(offsets[index], offsets[index + 1]), this.#seenAt, address);
    return to.map(() => undefined);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#network.unbind(this.#seenAt);
  }
}

function nameOf({ address, port }: UeAddress): string {
  return `${address}:${port}`;
}
