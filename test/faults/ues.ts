import { createSocket, type Socket } from 'node:dgram';
import type { UeAddress } from '../../lib/address/ue-address.ts';
import { formatMskId } from '../../lib/keys/msk-id.ts';
import type { SecretKey } from '../../lib/keys/secret-key.ts';
import { decodeMikeyMessage, MikeyError } from '../../lib/mikey/index.ts';
import type { BootstrappedKeys } from '../../lib/store/association/association.ts';
import { KeyRing } from '../../lib/ue/key-ring.ts';
import { MikeyReceiver } from '../../lib/ue/mikey-receiver.ts';
import { bootstrappedKeysOf } from './identities.ts';

/** What one UE has received since the last `forget`. */
export interface UeRecord {
  /** MSK messages that it accepted, by MSK ID. */
  readonly taken: ReadonlyMap<string, number>;
  /** Copies of a datagram, which the UE refuses by its replay counter, as it should. */
  readonly copies: number;
  /** New messages that arrived after a later one, and that the UE refused by its replay counter. */
  readonly outrun: number;
  /** Messages that it refused for another reason, by reason. */
  readonly refused: ReadonlyMap<string, number>;
}

/** How the UEs of the load are set up. */
export interface UesOptions {
  readonly count: number;
  readonly seed: number;
  readonly nafFqdn: string;
  readonly sockets?: number;
  /** ms since the epoch */
  readonly bootstrappedAt: number;
}

interface LoadedUe {
  readonly receiver: MikeyReceiver;
  readonly ring: KeyRing;
  taken: Map<string, number>;
  seen: Set<string>;
  refused: Map<string, number>;
  copies: number;
  outrun: number;
}

/** In octets: a burst of some thousand messages. */
const RECEIVE_BUFFER = 4 * 1024 * 1024;

/** Starts the UEs on loopback. A UE costs memory only after its first message. */
export async function startUes(options: UesOptions): Promise<Ues> {
  const sockets: Socket[] = [];
  const ues = new Ues(options, sockets);
  for (let each = 0; each < (options.sockets ?? 4); each++)
    sockets.push(await bind((datagram, from, socket) => ues.receive(datagram, from, socket)));
  return ues;
}

/**
 * Many UEs behind few sockets. Each of them checks and decrypts its messages, keeps its counter, and answers
 * the V-bit, as a single UE does.
 */
export class Ues {
  readonly count: number;
  readonly #options: UesOptions;
  readonly #sockets: readonly Socket[];
  readonly #runs = new Map<number, { run: number; at: number }>();
  readonly #ues = new Map<number, LoadedUe>();
  /** UEs by B-TID. */
  readonly #indexes = new Map<string, number>();
  #isOut: (index: number) => boolean = () => false;
  #received = 0;

  constructor(options: UesOptions, sockets: readonly Socket[]) {
    this.count = options.count;
    this.#options = options;
    this.#sockets = sockets;
    for (let index = 0; index < options.count; index++) this.#indexes.set(this.keysOf(index).btid, index);
  }

  /** The addresses of the sockets. UE `n` is behind `addresses[n % addresses.length]`. */
  get addresses(): readonly UeAddress[] {
    return this.#sockets.map((socket) => socket.address());
  }

  keysOf(index: number): BootstrappedKeys {
    const { seed, bootstrappedAt } = this.#options;
    const { run, at } = this.#runs.get(index) ?? { run: 0, at: bootstrappedAt };
    return bootstrappedKeysOf(seed, index, run, at);
  }

  /** Bootstraps a UE again. The UE still accepts messages under its earlier association. */
  bootstrapAgain(index: number, now: number): BootstrappedKeys {
    const ue = this.#ueOf(index);
    this.#runs.set(index, { run: (this.#runs.get(index)?.run ?? 0) + 1, at: now });
    const keys = this.keysOf(index);
    ue.receiver.use({ ...keys, nafFqdn: this.#options.nafFqdn });
    this.#indexes.set(keys.btid, index);
    return keys;
  }

  /** Receives a datagram, and answers it where it asks for verification. */
  receive(datagram: Uint8Array, from: UeAddress, socket: Socket): void {
    this.#received += 1;
    const addressed = addressOf(datagram);
    const index = addressed && this.#indexes.get(addressed.btid);
    if (addressed === undefined || index === undefined || this.#isOut(index)) return;
    const ue = this.#ueOf(index);
    const message = ue.receiver.receive(datagram);
    record(ue, message, addressed.name);
    if (message.kind !== 'msk' || message.verification === undefined) return;
    socket.send(message.verification, from.port, from.address);
  }

  /** Datagrams that arrived since the last `forget`, those for UEs out of reach among them. */
  get received(): number {
    return this.#received;
  }

  /** Whether a message is for a UE that is out of reach. */
  isForUeOutOfReach(datagram: Uint8Array): boolean {
    const index = this.#indexes.get(addressOf(datagram)?.btid ?? '');
    return index !== undefined && this.#isOut(index);
  }

  recordOf(index: number): UeRecord {
    return this.#ues.get(index) ?? nothing();
  }

  /** MSKs that a UE holds, by MSK ID. */
  heldBy(index: number): ReadonlyMap<string, SecretKey> {
    const held = this.#ues.get(index)?.ring.list() ?? [];
    return new Map(held.map(({ mskId, msk }) => [formatMskId(mskId), msk]));
  }

  /** Puts these UEs out of reach, and all others within. */
  putOutOfReach(isOut: (index: number) => boolean): void {
    this.#isOut = isOut;
  }

  /** Forgets what the UEs have received, but not their keys and counters. */
  forget(): void {
    this.#received = 0;
    for (const ue of this.#ues.values()) Object.assign(ue, nothing());
  }

  async close(): Promise<void> {
    await Promise.all(this.#sockets.map((socket) => new Promise<void>((resolve) => socket.close(resolve))));
  }

  #ueOf(index: number): LoadedUe {
    const known = this.#ues.get(index);
    if (known !== undefined) return known;
    const ring = new KeyRing();
    const receiver = new MikeyReceiver(ring);
    receiver.use({ ...this.keysOf(index), nafFqdn: this.#options.nafFqdn });
    const ue = { receiver, ring, ...nothing() };
    this.#ues.set(index, ue);
    return ue;
  }
}

function nothing() {
  return {
    taken: new Map<string, number>(),
    seen: new Set<string>(),
    refused: new Map<string, number>(),
    copies: 0,
    outrun: 0,
  };
}

function record(ue: LoadedUe, message: ReturnType<MikeyReceiver['receive']>, name: string): void {
  if (message.kind === 'msk') increase(ue.taken, formatMskId(message.msk.mskId));
  else if (message.kind === 'refused') {
    if (message.reason !== 'replayed') increase(ue.refused, message.reason);
    else if (ue.seen.has(name)) ue.copies += 1;
    else ue.outrun += 1;
  }
  ue.seen.add(name);
}

/** The B-TID of the UE that a message is for, and a name that no other message to it has. */
function addressOf(datagram: Uint8Array): { btid: string; name: string } | undefined {
  try {
    const { idr, header, timestamp } = decodeMikeyMessage(datagram);
    if (idr === undefined) return undefined;
    return { btid: Buffer.from(idr.data).toString(), name: `${header.csbId} ${timestamp.counter}` };
  } catch (error) {
    if (error instanceof MikeyError) return undefined;
    throw error;
  }
}

function bind(listener: (datagram: Uint8Array, from: UeAddress, socket: Socket) => void): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createSocket({ type: 'udp4', recvBufferSize: RECEIVE_BUFFER });
    socket.once('error', reject);
    socket.on('message', (datagram, { address, port }) => listener(datagram, { address, port }, socket));
    socket.bind(0, '127.0.0.1', () => resolve(socket));
  });
}

function increase(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
