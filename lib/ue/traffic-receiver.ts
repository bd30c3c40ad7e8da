import type { UeAddress } from '../address/ue-address.ts';
import { SrtpError } from '../srtp/errors.ts';
import { MKI_LENGTH, type MkiForm, mkiOf } from '../srtp/mki.ts';
import { SrtpReceiver } from '../srtp/receiver.ts';
import { type GroupOptions, type GroupSocket, openReceiver } from '../traffic/group-socket.ts';
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
  #opened = 0;

  private constructor({ mkiForm, onRtp }: TrafficReceiverOptions) {
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

  get unopened(): UnopenedPackets {
    return this.#unopened;
  }

  /** Takes what an MTK message brought. */
  take(message: ReceivedMikey): void {
    if (message.kind !== 'mtk' && message.kind !== 'mtk-repeated') return;
    if (message.kind === 'mtk') {
      const { mtk, salt } = message;
      this.#srtp.add({ mtk, salt }, mkiOf(this.#mkiForm, message));
    }
    for (const { ssrc, roc } of message.streams) this.#srtp.announceRoc(ssrc, roc);
  }

  /** Opens an SRTP packet; one that does not open is counted. */
  play(packet: Uint8Array): void {
    try {
      const rtp = this.#srtp.open(packet);
      this.#opened += 1;
      this.#onRtp(rtp);
    } catch (error) {
      if (!(error instanceof SrtpError)) throw error;
      this.#unopened[error.code] = (this.#unopened[error.code] ?? 0) + 1;
    }
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) await socket.close();
  }
}
