import type { UeAddress } from '../address/ue-address.ts';
import { SrtpError } from '../srtp/errors.ts';
import { type MkiForm, mkiOf } from '../srtp/mki.ts';
import { SrtpSender, type SrtpStreamState } from '../srtp/sender.ts';
import { type GroupOptions, type GroupSocket, openReceiver, openSender } from './group-socket.ts';
import type { TrafficKey } from './traffic-key.ts';

/** Takes RTP at a local address, and sends it as SRTP under the MTK in use. Without one nothing goes out. */
export class SrtpOutput {
  readonly #srtp = new SrtpSender();
  readonly #mkiForm: MkiForm;
  readonly #to: UeAddress;
  readonly #sender: GroupSocket;
  #receiver: GroupSocket | undefined;
  #packets = 0;
  #dropped = 0;

  private constructor(sender: GroupSocket, to: UeAddress, mkiForm: MkiForm) {
    this.#sender = sender;
    this.#to = to;
    this.#mkiForm = mkiForm;
  }

  /** @throws the system's error when a socket can't be bound */
  static async open(
    { from, to }: { readonly from: UeAddress; readonly to: UeAddress },
    mkiForm: MkiForm,
    options: GroupOptions,
  ): Promise<SrtpOutput> {
    const output = new SrtpOutput(await openSender(to, options), to, mkiForm);
    output.#receiver = await openReceiver(from, (rtp) => output.#send(rtp), options);
    return output;
  }

  get packets(): number {
    return this.#packets;
  }

  /** Packets that did not go out: no MTK, out of order, no RTP. */
  get dropped(): number {
    return this.#dropped;
  }

  /** The streams with their rollover counters. */
  get streams(): readonly SrtpStreamState[] {
    return this.#srtp.streams;
  }

  /** Protects with this MTK from now on; undefined: sends nothing. */
  use(key: TrafficKey | undefined): void {
    if (key === undefined) this.#srtp.stop();
    else this.#srtp.use(key, mkiOf(this.#mkiForm, key));
  }

  async close(): Promise<void> {
    await this.#receiver?.close();
    await this.#sender.close();
  }

  #send(rtp: Uint8Array): void {
    try {
      this.#sender.send(this.#srtp.protect(rtp), this.#to);
      this.#packets += 1;
    } catch (error) {
      if (!(error instanceof SrtpError)) throw error;
      this.#dropped += 1;
    }
  }
}
