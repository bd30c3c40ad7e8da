import { randomBytes } from 'node:crypto';
import type { UeSecurityAssociation } from '../../lib/ue/security-association.ts';
import { TrafficReceiver } from '../../lib/ue/traffic-receiver.ts';
import { startUe, type Ue } from '../../lib/ue/ue.ts';
import type { LocalSystem } from '../system.ts';
import type { DemonstrationStream } from './stream.ts';
import { packetsOfFrame } from './test-picture.ts';

/** A UE that receives the stream, and compares what it plays with what was sent. */
export class Viewer {
  readonly ue: Ue;
  readonly #played = new Map<string, Uint8Array>();
  #receiver: TrafficReceiver | undefined;
  readonly mtks = new Set<string>();

  private constructor(ue: Ue) {
    this.ue = ue;
  }

  static async start(
    { keyManagementUrl, payloadProfile, host }: LocalSystem,
    association: UeSecurityAssociation,
    { mtks, srtp, mkiForm }: DemonstrationStream,
  ): Promise<Viewer> {
    const ue = await startUe({
      association,
      keyManagementUrl: new URL(keyManagementUrl),
      payloadProfile,
      listen: { address: host.loopback, port: 0 },
      randomOctets: (length) => randomBytes(length),
      onEvent: (event) => {
        if (event.kind !== 'received' || event.message.kind !== 'mtk') return;
        const { mskId, mtkId } = event.message;
        viewer.mtks.add(`${mskId.keyNumber}/${mtkId}`);
      },
    });
    const viewer = new Viewer(ue);
    viewer.#receiver = await TrafficReceiver.open(ue, {
      ...{ mtks, srtp: srtp.to, mkiForm },
      interface: host.loopback,
      onRtp: (rtp) => void viewer.#played.set(nameOf(rtp), rtp),
    });
    return viewer;
  }

  /** Frames from one number to another, the end left out, of which every packet came as it was sent. */
  framesBetween(first: number, end: number): number {
    let whole = 0;
    for (let number = first; number < end; number++) {
      const played = packetsOfFrame(number).map((rtp) => ({ rtp, got: this.#played.get(nameOf(rtp)) }));
      if (played.every(({ rtp, got }) => got !== undefined && Buffer.compare(rtp, got) === 0)) whole += 1;
    }
    return whole;
  }

  /** Packets of SRTP that were noise to this UE. */
  get noise(): number {
    return Object.values(this.#receiver?.unopened ?? {}).reduce((sum, count) => sum + count, 0);
  }

  get packets(): number {
    return this.#played.size;
  }

  async close(): Promise<void> {
    await this.#receiver?.close();
    await this.ue.close();
  }
}

/** Sequence number, timestamp and SSRC. */
function nameOf(rtp: Uint8Array): string {
  return Buffer.from(rtp.subarray(2, 12)).toString('hex');
}
