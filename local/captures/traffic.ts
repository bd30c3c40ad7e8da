import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import { encodeMtkMessage } from '../../lib/mikey/index.ts';
import { MKI_LENGTH, mkiOf } from '../../lib/srtp/mki.ts';
import { SrtpReceiver } from '../../lib/srtp/receiver.ts';
import { SrtpSender } from '../../lib/srtp/sender.ts';
import type { HeldMsk } from '../../lib/ue/key-ring.ts';
import type { Ue } from '../../lib/ue/ue.ts';

/** An MTK as it was sent, with the MKI by which packets name it. */
export interface SentMtk {
  readonly mki: Uint8Array;
  readonly mtk: SecretKey;
  readonly salt: SecretKey;
}

const MKI_FORM = 'msk-id+mtk-id';
const SSRC = 0xa1b2c3d4;
const MTK_ID = 1;

/** Sends a UE an MTK message for one SRTP stream, under an MSK that it holds, over a socket of its own. */
export async function sendMtk({ address }: Ue, held: HeldMsk): Promise<SentMtk> {
  const [mtk, salt] = [new SecretKey(randomBytes(16)), new SecretKey(randomBytes(14))];
  const message = encodeMtkMessage({
    ...{ ...held, mtkId: MTK_ID, mtk, salt, counter: 1, csbId: randomBytes(4).readUInt32BE() },
    csIdMap: { kind: 'srtp-id', streams: [{ policyNo: 0, ssrc: SSRC, roc: 0 }] },
  });
  const socket = createSocket('udp4');
  await sent(socket, message, address.port);
  socket.close();
  return { mki: mkiOf(MKI_FORM, { mskId: held.mskId, mtkId: MTK_ID }), mtk, salt };
}

/**
 * Sends RTP under an MTK to a socket of this process, which opens it. @returns the SRTP packets as they came
 * @throws SrtpError when a packet does not open
 */
export async function playStream(key: SentMtk, packets: number): Promise<Uint8Array[]> {
  const [from, to] = [createSocket('udp4'), createSocket('udp4')];
  const [sender, receiver] = [new SrtpSender(), new SrtpReceiver(MKI_LENGTH[MKI_FORM])];
  sender.use(key, key.mki);
  receiver.add(key, key.mki);
  const came: Uint8Array[] = [];
  try {
    await new Promise<void>((resolve) => to.bind(0, '127.0.0.1', resolve));
    for (let sequence = 1; sequence <= packets; sequence++) {
      const arrival = new Promise<Uint8Array>((resolve) => to.once('message', resolve));
      await sent(from, sender.protect(rtp(sequence)), to.address().port);
      const packet = await arrival;
      receiver.open(packet);
      came.push(packet);
    }
    return came;
  } finally {
    from.close();
    to.close();
  }
}

/** A packet of payload type 96 (RFC 3550 §5.1). */
function rtp(sequence: number): Uint8Array {
  const header = Buffer.alloc(12);
  header.set([0x80, 96]);
  header.writeUInt16BE(sequence, 2);
  header.writeUInt32BE(160 * sequence, 4);
  header.writeUInt32BE(SSRC, 8);
  return Buffer.concat([header, Buffer.from(`MBMS frame ${sequence}`)]);
}

function sent(socket: Socket, octets: Uint8Array, port: number): Promise<void> {
  return new Promise((resolve, reject) =>
    socket.send(octets, port, '127.0.0.1', (error) => (error === null ? resolve() : reject(error))),
  );
}
