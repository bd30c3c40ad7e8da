import { performance } from 'node:perf_hooks';
import type { UeAddress } from '../address/ue-address.ts';
import { SrtpError } from '../srtp/errors.ts';
import { MKI_LENGTH, type MkiForm, mkiOf } from '../srtp/mki.ts';
import { SrtpReceiver } from '../srtp/receiver.ts';
import { type GroupOptions, type GroupSocket, openReceiver } from '../traffic/group-socket.ts';
import { HeldPackets } from './held-packets.ts';
import type { ReceivedMikey } from './mikey-receiver.ts';
import type { Ue } from './ue.ts';

/** Where a UE receives a User Service that is protected with MTKs. */
export interface TrafficReceiverOptions extends GroupOptions {
  /** Where MTK messages come to: a multicast group, or an address of the UE. */
  readonly mtks: UeAddress;
  /** Where SRTP comes to. */
  readonly srtp: UeAddress;
  /** How packets name their MTK. */
  readonly mkiForm: MkiForm;
  /** Receives the RTP packets. */
  readonly onRtp: (rtp: Uint8Array) => void;
  /** How long a packet waits for its MTK, in ms. Default: 5 s. */
  readonly holdMs?: number;
  /** ms of a clock that does not go back. */
  readonly elapsed?: () => number;
}

/** Packets that the UE could not open, by why. */
export type UnopenedPackets = Readonly<Partial<Record<SrtpError['code'], number>>>;

/** A UE's end of protected streaming: MTK messages to the UE, SRTP in, RTP out. */
export class TrafficReceiver {
  readonly #srtp: SrtpReceiver;
  readonly #mkiForm: MkiForm;
  readonly #onRtp: (rtp: Uint8Array) => void;
  readonly #sockets: GroupSocket[] = [];
  readonly #unopened: Partial<Record<SrtpError['code'], number>> = {};
  readonly #held: HeldPackets;
  #opened = 0;
  #late = 0;

  private constructor({ mkiForm, onRtp, holdMs = 5000, elapsed }: TrafficReceiverOptions) {
    this.#held = new HeldPackets(holdMs, elapsed ?? (() => performance.now()));
    this.#mkiForm = mkiForm;
    this.#onRtp = onRtp;
    this.#srtp = new SrtpReceiver(MKI_LENGTH[mkiForm]);
  }

  /**
   * Begins to receive for a UE, which opens MTK messages with the MSKs that it holds.
   * @throws the system's error when a group can't be joined
   */
  static async open(ue: Pick<Ue, 'receive'>, options: TrafficReceiverOptions): Promise<TrafficReceiver> {
    const receiver = new TrafficReceiver(options);
    const onMtk = (octets: Uint8Array, from: UeAddress) =>
      receiver.take(ue.receive(Uint8Array.from(octets), from));
    receiver.#sockets.push(await openReceiver(options.mtks, onMtk, options));
    receiver.#sockets.push(await openReceiver(options.srtp, (packet) => receiver.play(packet), options));
    return receiver;
  }

  /** Packets that were opened. */
  get opened(): number {
    return this.#opened;
  }

  /** Packets of these that came before their MTK, and waited for it. */
  get late(): number {
    return this.#late;
  }

  /** Those that wait for their MTK count, too. */
  get unopened(): UnopenedPackets {
    const unknown = this.#held.dropped + this.#held.waiting;
    return { ...this.#unopened, ...(unknown > 0 && { 'unknown-mki': unknown }) };
  }

  /** Takes what an MTK message brought. */
  take(message: ReceivedMikey): void {
    if (message.kind !== 'mtk' && message.kind !== 'mtk-repeated') return;
    for (const { ssrc, roc } of message.streams) this.#srtp.announceRoc(ssrc, roc);
    if (message.kind !== 'mtk') return;
    const { mtk, salt } = message;
    this.#srtp.add({ mtk, salt }, mkiOf(this.#mkiForm, message));
    this.#held.offer((packet) => {
      const why = this.#whyNotPlayed(packet);
      if (why === undefined) this.#late += 1;
      else if (why !== 'unknown-mki') this.#count(why);
      return why !== 'unknown-mki';
    });
  }

  /**
   * Opens an SRTP packet. One whose MTK is unknown waits for it: after a process stood still, packets may be
   * read before MTK messages that came earlier to another socket. Any other that does not open is counted.
   */
  play(packet: Uint8Array): void {
    const why = this.#whyNotPlayed(packet);
    if (why === 'unknown-mki') this.#held.add(packet);
    else if (why !== undefined) this.#count(why);
  }

  #whyNotPlayed(packet: Uint8Array): SrtpError['code'] | undefined {
    let rtp: Uint8Array;
    try {
      rtp = this.#srtp.open(packet);
    } catch (error) {
      if (error instanceof SrtpError) return error.code;
      throw error;
    }
    this.#opened += 1;
    this.#onRtp(rtp);
    return undefined;
  }

  #count(why: SrtpError['code']): void {
    this.#unopened[why] = (this.#unopened[why] ?? 0) + 1;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) await socket.close();
  }
}
