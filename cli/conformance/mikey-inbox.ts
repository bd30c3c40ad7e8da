import { setTimeout as delay } from 'node:timers/promises';
import type { UeAddress } from '../../lib/address/ue-address.ts';
import type { DatagramTransport } from '../../lib/distribution/transport/datagram-transport.ts';
import { openDatagramTransport } from '../../lib/distribution/transport/dgram-transport.ts';
import { nafId } from '../../lib/gba/naf-id.ts';
import {
  decodeMikeyMessage,
  encodeVerificationMessage,
  MikeyError,
  type MikeyMessage,
} from '../../lib/mikey/index.ts';
import { unprotect } from '../../lib/mikey/message/protection.ts';
import type { KeyData } from '../../lib/mikey/payload/key-data.ts';
import type { UeSecurityAssociation } from '../../lib/ue/security-association.ts';
import type { TraceLine } from './requirement.ts';
import { tracedMikey } from './trace.ts';

/** A datagram, and what can be made of it with the MUK. */
export interface ReceivedMessage {
  /** ms of the clock of this machine. */
  readonly at: number;
  readonly octets: Uint8Array;
  readonly from: UeAddress;
  /** As hexadecimal digits, also of a message that can't be decoded. */
  readonly csbId: string;
  readonly message: MikeyMessage | undefined;
  /** Why it can't be decoded. */
  readonly fault: string | undefined;
  /** The key data, when the MAC is right under the MUK. */
  readonly keys: readonly KeyData[] | undefined;
}

/** What the UE does about a V-bit: answers it, stays silent, or answers with a wrong MAC. */
export type Answering = 'verify' | 'silent' | 'forge';

/** How long a verification message may take to be heard, in ms. */
export const CROSSING_MS = 150;

/** How often a wait looks again, in ms. */
const LOOK_MS = 5;

/** The UDP side of a test UE: keeps every message, and answers the V-bit as it is told. */
export class MikeyInbox {
  answering: Answering = 'verify';
  readonly messages: ReceivedMessage[] = [];
  readonly address: UeAddress;
  readonly #association: UeSecurityAssociation;
  readonly #transport: DatagramTransport;
  readonly #onTrace: (line: TraceLine) => void;

  constructor(
    association: UeSecurityAssociation,
    transport: DatagramTransport,
    onTrace: (line: TraceLine) => void,
  ) {
    this.#association = association;
    this.#transport = transport;
    this.#onTrace = onTrace;
    this.address = transport.addresses[0] ?? { address: '', port: 0 };
    transport.listen(({ octets, addressOf }) => {
      for (const [index, each] of octets.entries()) this.#receive(Uint8Array.from(each), addressOf(index));
    });
  }

  static async open(
    association: UeSecurityAssociation,
    listen: UeAddress,
    onTrace: (line: TraceLine) => void,
  ): Promise<MikeyInbox> {
    return new MikeyInbox(association, await openDatagramTransport([listen]), onTrace);
  }

  /** A place in the list of messages: later ones came after it. */
  get mark(): number {
    return this.messages.length;
  }

  /** The first message after a mark that fits, within `ms`. */
  async next(
    mark: number,
    ms: number,
    fits: (message: ReceivedMessage) => boolean = () => true,
  ): Promise<ReceivedMessage | undefined> {
    const deadline = Date.now() + ms;
    for (;;) {
      const found = this.messages.slice(mark).find(fits);
      if (found !== undefined || Date.now() >= deadline) return found;
      await delay(LOOK_MS);
    }
  }

  /** Waits until the answer to the last message is heard: a request before it may join its delivery. */
  async settled(): Promise<void> {
    const since = Date.now() - (this.messages.at(-1)?.at ?? 0);
    if (since < CROSSING_MS) await delay(CROSSING_MS - since);
  }

  /** The messages after a mark that begin a delivery: their CSB ID was not seen before the mark. */
  newDeliveries(mark: number): ReceivedMessage[] {
    const known = new Set(this.messages.slice(0, mark).map(({ csbId }) => csbId));
    return this.messages.slice(mark).filter(({ csbId }) => !known.has(csbId));
  }

  /** Answers a message, with a right MAC or a wrong one. */
  async answer(received: ReceivedMessage, isForged = false): Promise<void> {
    const { message, from } = received;
    const { muk, btid, nafFqdn } = this.#association;
    if (message?.timestamp.counter === undefined) return;
    const octets = encodeVerificationMessage({
      muk,
      csbId: message.header.csbId,
      rand: message.rand ?? new Uint8Array(0),
      counter: message.timestamp.counter,
      bmscId: nafId(nafFqdn),
      ueId: Buffer.from(btid),
    });
    if (isForged) octets[octets.length - 1] = (octets.at(-1) ?? 0) ^ 1;
    this.#onTrace(tracedMikey('sent', octets, undefined));
    await this.#transport.send(octets, from);
  }

  close(): Promise<void> {
    return this.#transport.close();
  }

  #receive(octets: Uint8Array, from: UeAddress): void {
    const received = { at: Date.now(), octets, from, ...opened(octets, this.#association) };
    this.messages.push(received);
    this.#onTrace(tracedMikey('received', octets, received.message?.kemac?.encrData));
    const isAsked = received.message?.header.verificationRequested === true && received.keys !== undefined;
    if (isAsked && this.answering !== 'silent')
      this.answer(received, this.answering === 'forge').catch(() => {});
  }
}

function opened(octets: Uint8Array, { muk }: UeSecurityAssociation) {
  const csbId = Buffer.from(octets.subarray(4, 8)).toString('hex');
  let message: MikeyMessage | undefined;
  try {
    message = decodeMikeyMessage(octets);
    const keys = unprotect(message, muk, message.rand ?? new Uint8Array(0));
    return { csbId, message, fault: undefined, keys };
  } catch (error) {
    if (!(error instanceof MikeyError)) throw error;
    return { csbId, message, fault: error.message, keys: undefined };
  }
}
