import { createSocket, type Socket } from 'node:dgram';
import type { UeAddress } from '../../lib/address/ue-address.ts';
import { formatMskId } from '../../lib/keys/msk-id.ts';
import { decodeMikeyMessage, MikeyError } from '../../lib/mikey/index.ts';
import type { BootstrappedKeys } from '../../lib/store/association/association.ts';
import { createKeyRing, type KeyRing } from '../../lib/ue/key-ring.ts';
import { createMikeyReceiver, type MikeyReceiver } from '../../lib/ue/mikey-receiver.ts';
import { bootstrappedKeysOf } from './identities.ts';

/** What one UE has got since it was last asked to forget. */
export interface UeRecord {
  /** MSK messages taken, by the MSK ID. */
  readonly taken: ReadonlyMap<string, number>;
  /** The same datagram again, which a UE refuses by its replay counter, as it should. */
  readonly copies: number;
  /** New messages that came after a later one, and were refused by the replay counter. */
  readonly outrun: number;
  /** Refused for any other reason, by the reason. */
  readonly refused: ReadonlyMap<string, number>;
}

/** Many UEs behind few sockets; each checks, decrypts, remembers its counter, and answers the V-bit, as one alone does. */
export interface Ues {
  readonly count: number;
  /** Where the sockets are. The UE of a number is behind `addresses[number % addresses.length]`. */
  readonly addresses: readonly UeAddress[];
  readonly keysOf: (index: number) => BootstrappedKeys;
  /** Bootstraps a UE anew. The earlier association stays good for what is still sent under it. */
  readonly bootstrapAnew: (index: number, now: number) => BootstrappedKeys;
  readonly recordOf: (index: number) => UeRecord;
  /** Forgets what has been got, not the keys and counters. */
  readonly forget: () => void;
  /** From now on these UEs are out of reach. */
  readonly putOutOfReach: (isOut: (index: number) => boolean) => void;
  /** MSKs that a UE holds, by the MSK ID. */
  readonly heldBy: (index: number) => ReadonlySet<string>;
  /** Datagrams for nobody, or that are no MIKEY message. */
  readonly strays: () => number;
  readonly verificationsSent: () => number;
  readonly close: () => Promise<void>;
}

/** How the load is set up. */
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

/** As much as the system gives without being asked for more: a burst of some thousand messages. */
const RECEIVE_BUFFER = 4 * 1024 * 1024;

/** Starts the UEs on loopback. A UE costs memory once a message for it has come. */
export async function startUes(options: UesOptions): Promise<Ues> {
  const { count, seed, nafFqdn, bootstrappedAt } = options;
  const runs = new Map<number, { run: number; at: number }>();
  const ues = new Map<number, LoadedUe>();
  const indexes = new Map<string, number>();
  const sockets: Socket[] = [];
  let isOut: (index: number) => boolean = () => false;
  let strays = 0;
  let verificationsSent = 0;

  const keysOf = (index: number) => {
    const { run, at } = runs.get(index) ?? { run: 0, at: bootstrappedAt };
    return bootstrappedKeysOf(seed, index, run, at);
  };
  for (let index = 0; index < count; index++) indexes.set(keysOf(index).btid, index);

  const ueOf = (index: number): LoadedUe => {
    const known = ues.get(index);
    if (known !== undefined) return known;
    const ring = createKeyRing();
    const receiver = createMikeyReceiver(ring);
    receiver.use({ ...keysOf(index), nafFqdn });
    const ue = { receiver, ring, ...nothing() };
    ues.set(index, ue);
    return ue;
  };

  const take = (datagram: Uint8Array, from: UeAddress, socket: Socket) => {
    const addressed = addressOf(datagram);
    const index = addressed && indexes.get(addressed.btid);
    if (addressed === undefined || index === undefined) strays += 1;
    else if (!isOut(index)) {
      const ue = ueOf(index);
      const message = ue.receiver.receive(datagram);
      record(ue, message, addressed.name);
      if (message.kind !== 'msk' || message.verification === undefined) return;
      socket.send(message.verification, from.port, from.address);
      verificationsSent += 1;
    }
  };

  for (let each = 0; each < (options.sockets ?? 4); each++) sockets.push(await bind(take));
  return {
    count,
    addresses: sockets.map((socket) => socket.address()),
    keysOf,
    bootstrapAnew: (index, now) => {
      const ue = ueOf(index);
      runs.set(index, { run: (runs.get(index)?.run ?? 0) + 1, at: now });
      const keys = keysOf(index);
      ue.receiver.use({ ...keys, nafFqdn });
      indexes.set(keys.btid, index);
      return keys;
    },
    recordOf: (index) => ues.get(index) ?? nothing(),
    forget: () => {
      for (const ue of ues.values()) Object.assign(ue, nothing());
      strays = 0;
      verificationsSent = 0;
    },
    putOutOfReach: (which) => {
      isOut = which;
    },
    heldBy: (index) =>
      new Set(
        ues
          .get(index)
          ?.ring.list()
          .map(({ mskId }) => formatMskId(mskId)),
      ),
    strays: () => strays,
    verificationsSent: () => verificationsSent,
    close: async () => {
      await Promise.all(sockets.map((socket) => new Promise<void>((resolve) => socket.close(resolve))));
    },
  };
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

/** The UE that a message is for, and what tells one message to it from another. */
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
