import { randomBytes } from 'node:crypto';
import type { UeSecurityAssociation } from '../../lib/ue/security-association.ts';
import { TrafficReceiver, type UnopenedPackets } from '../../lib/ue/traffic-receiver.ts';
import { startUe, type Ue } from '../../lib/ue/ue.ts';
import type { LocalSystem } from '../system.ts';
import type { DemonstrationStream } from './stream.ts';
import { packetsOfFrame } from './test-picture.ts';
import { nameOfPacket } from './wire.ts';

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
      onRtp: (rtp) => void viewer.#played.set(nameOfPacket(rtp), rtp),
    });
    return viewer;
  }

  /** How many packets of a frame came as they were sent. */
  packetsOf(frame: number): number {
    return packetsOfFrame(frame).filter((rtp) => {
      const got = this.#played.get(nameOfPacket(rtp));
      return got !== undefined && Buffer.compare(rtp, got) === 0;
    }).length;
  }

  /** Packets of SRTP that this UE could not open, by why. */
  get unopened(): UnopenedPackets {
    return this.#receiver?.unopened ?? {};
  }

  /** Packets that waited for their MTK, and were opened then. */
  get late(): number {
    return this.#receiver?.late ?? 0;
  }

  /** Packets of SRTP that were noise to this UE. */
  get noise(): number {
    return Object.values(this.unopened).reduce((sum, count) => sum + count, 0);
  }

  get packets(): number {
    return this.#played.size;
  }

  async close(): Promise<void> {
    await this.#receiver?.close();
    await this.ue.close();
  }
}
