import { MKI_LENGTH, type MkiForm, mkiOf } from '../../lib/srtp/mki.ts';
import { TAG_LENGTH } from '../../lib/srtp/packet.ts';
import { type GroupSocket, openReceiver } from '../../lib/traffic/group-socket.ts';
import type { DemonstrationStream } from './stream.ts';
import { STREAM_GROUP } from './stream.ts';
import { packetsOfFrame } from './test-picture.ts';

/** What anybody sees of the stream: the packets that went out, and the MTK that each names. */
export class Wire {
  readonly #socket: GroupSocket;
  /** MKIs in hexadecimal, by the packets that have them. */
  readonly #mkis: Map<string, string>;

  readonly #mkiForm: MkiForm;

  private constructor(socket: GroupSocket, mkis: Map<string, string>, mkiForm: MkiForm) {
    this.#socket = socket;
    this.#mkis = mkis;
    this.#mkiForm = mkiForm;
  }

  static async watch({ srtp, mkiForm }: DemonstrationStream, over: string): Promise<Wire> {
    const mkis = new Map<string, string>();
    const onPacket = (octets: Uint8Array) => {
      const end = octets.length - TAG_LENGTH;
      const mki = Buffer.from(octets.subarray(end - MKI_LENGTH[mkiForm], end)).toString('hex');
      mkis.set(nameOfPacket(octets), mki);
    };
    return new Wire(await openReceiver(srtp.to, onPacket, { interface: over }), mkis, mkiForm);
  }

  /** How many MTKs have been used. */
  get mtks(): number {
    return new Set(this.#mkis.values()).size;
  }

  /** Packets of a frame that went out under the MSK of a Key Number. */
  packetsUnder(keyNumber: number, frame: number): number {
    const mkis = packetsOfFrame(frame).flatMap((rtp) => this.#mkis.get(nameOfPacket(rtp)) ?? []);
    return mkis.filter((mki) => isUnder(mki, keyNumber, this.#mkiForm)).length;
  }

  /** Whether anything went out under the MSK of a Key Number. */
  hasPacketsUnder(keyNumber: number): boolean {
    return [...new Set(this.#mkis.values())].some((mki) => isUnder(mki, keyNumber, this.#mkiForm));
  }

  close(): Promise<void> {
    return this.#socket.close();
  }
}

/** Whether an MKI names an MTK under the MSK of a Key Number. */
function isUnder(mki: string, keyNumber: number, mkiForm: MkiForm): boolean {
  const any = mkiOf(mkiForm, { mskId: { keyGroup: STREAM_GROUP, keyNumber }, mtkId: 0 });
  return mki.slice(0, -4) === Buffer.from(any).toString('hex').slice(0, -4);
}

/** Sequence number, timestamp and SSRC of a packet of RTP or SRTP: the same in both. */
export function nameOfPacket(packet: Uint8Array): string {
  return Buffer.from(packet.subarray(2, 12)).toString('hex');
}
