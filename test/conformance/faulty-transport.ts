import type { UeAddress } from '../../lib/address/ue-address.ts';
import type { DatagramTransport } from '../../lib/distribution/transport/datagram-transport.ts';
import { nafId } from '../../lib/gba/naf-id.ts';
import {
  decodeMikeyMessage,
  encodeVerificationMessage,
  isVerificationMessageAuthentic,
  type MikeyMessage,
  type MukAddressing,
  messageOf,
} from '../../lib/mikey/index.ts';
import { unprotect } from '../../lib/mikey/message/protection.ts';
import type { BootstrappedKeys } from '../../lib/store/association/association.ts';
import type { Fault } from './fault.ts';

/** A message that left with a fault in it: what the BM-SC sent, and what the UE was given. */
interface Changed {
  readonly sent: MukAddressing;
  readonly given: MukAddressing | undefined;
}

/**
 * A UDP transport that breaks a rule. The BM-SC behind it is not to notice: an answer to a changed message
 * comes to it as the answer to the message that it sent.
 */
export class FaultyTransport implements DatagramTransport {
  readonly #inner: DatagramTransport;
  readonly #fault: Fault | undefined;
  readonly #ues: readonly BootstrappedKeys[];
  readonly #changed = new Map<number, Changed>();
  readonly #repetitions = new Map<number, number>();
  #position = 0;
  #onDatagrams: Parameters<DatagramTransport['listen']>[0] = () => {};
  /** The address of each UE, by its B-TID. */
  readonly addressOf = new Map<string, UeAddress>();

  constructor(inner: DatagramTransport, fault: Fault | undefined, ues: readonly BootstrappedKeys[]) {
    this.#inner = inner;
    this.#fault = fault;
    this.#ues = ues;
  }

  get addresses() {
    return this.#inner.addresses;
  }

  listen(onDatagrams: Parameters<DatagramTransport['listen']>[0]): void {
    this.#onDatagrams = onDatagrams;
    this.#inner.listen(({ octets, addressOf }) => {
      const kept = octets.map((each) => this.#incoming(each));
      const indices = kept.flatMap((each, index) => (each === undefined ? [] : [index]));
      onDatagrams({
        octets: kept.filter((each) => each !== undefined),
        addressOf: (index) => addressOf(indices[index] ?? 0),
      });
    });
  }

  async send(octets: Uint8Array, to: UeAddress): Promise<void> {
    const out = this.#outgoing(octets, to);
    if (out !== undefined) await this.#inner.send(out, to);
    if (this.#fault?.isSettled === true) this.#settle(octets, to);
  }

  async sendBatch(batch: Parameters<DatagramTransport['sendBatch']>[0], to: readonly UeAddress[]) {
    for (const [index, address] of to.entries())
      await this.send(Uint8Array.from(messageOf(batch, index)), address);
    return to.map(() => undefined);
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  #outgoing(octets: Uint8Array, to: UeAddress): Uint8Array | undefined {
    const message = decodeMikeyMessage(octets);
    const btid = Buffer.from(message.idr?.data ?? []).toString();
    const ue = this.#ues.find((each) => each.btid === btid);
    this.addressOf.set(btid, to);
    if (ue === undefined || this.#fault?.datagram === undefined) return octets;
    const { csbId } = message.header;
    const repetition = this.#repetitions.get(csbId) ?? 0;
    this.#repetitions.set(csbId, repetition + 1);
    const keys = unprotect(message, ue.muk, message.rand ?? new Uint8Array(0));
    const position = this.#position++;
    const out = this.#fault.datagram({ message, keys, muk: ue.muk, repetition, position });
    this.#changed.set(csbId, { sent: addressing(message, ue), given: out && addressing(decoded(out), ue) });
    return out;
  }

  /** Answers in place of the UE. */
  #settle(sent: Uint8Array, to: UeAddress): void {
    const message = decodeMikeyMessage(sent);
    const ue = this.#ues.find(({ btid }) => btid === Buffer.from(message.idr?.data ?? []).toString());
    if (ue === undefined) return;
    const octets = [encodeVerificationMessage(addressing(message, ue))];
    setImmediate(() => this.#onDatagrams({ octets, addressOf: () => to }));
  }

  #incoming(octets: Uint8Array): Uint8Array | undefined {
    const { verification } = this.#fault ?? {};
    if (verification === 'dropped') return undefined;
    const message = decodeMikeyMessage(octets);
    const changed = this.#changed.get(message.header.csbId);
    if (verification === 'believed' && changed !== undefined) return encodeVerificationMessage(changed.sent);
    if (changed?.given === undefined) return octets;
    return isVerificationMessageAuthentic(message, changed.given)
      ? encodeVerificationMessage(changed.sent)
      : octets;
  }
}

/** The fields of a message that is malformed on purpose are not needed: nobody answers it. */
function decoded(octets: Uint8Array): MikeyMessage | undefined {
  try {
    return decodeMikeyMessage(octets);
  } catch {
    return undefined;
  }
}

function addressing(message: MikeyMessage, ue: BootstrappedKeys): MukAddressing;
function addressing(message: MikeyMessage | undefined, ue: BootstrappedKeys): MukAddressing | undefined;
function addressing(
  message: MikeyMessage | undefined,
  { muk, btid }: BootstrappedKeys,
): MukAddressing | undefined {
  if (message === undefined) return undefined;
  return {
    muk,
    csbId: message.header.csbId,
    rand: message.rand ?? new Uint8Array(0),
    counter: message.timestamp.counter ?? 0,
    bmscId: nafId('bmsc.home1.net'),
    ueId: Buffer.from(btid),
  };
}
