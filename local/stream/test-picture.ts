/**
 * A test picture and a tone as RTP: small enough to send in a second of CI, and each frame tells its number.
 */

/** Pictures a second, and samples of the tone a second. */
export const PICTURES_PER_SECOND = 25;
const SAMPLES_PER_SECOND = 8000;

/** SSRCs of the two streams. */
export const PICTURE_SSRC = 0x70696374;
export const TONE_SSRC = 0x746f6e65;

const PICTURE_TYPE = 96;
/** L16 at 8 kHz is a dynamic type, too. */
const TONE_TYPE = 97;
const WIDTH = 64;
const HEIGHT = 48;
const BARS = 8;
/** Lines of the picture in a packet: three packets a picture. */
const LINES = 16;
const PACKETS = HEIGHT / LINES;
const CLOCK = 90_000;
const TONE_HZ = 440;

/**
 * The RTP packets of frame `number`, counted from 0: a picture of grey bars that move by a pixel a frame, 8
 * bits each, in three packets, and 40 ms of a tone. The same number gives the same packets.
 */
export function packetsOfFrame(number: number): readonly Uint8Array[] {
  const packets: Uint8Array[] = [];
  for (let part = 0; part < PACKETS; part++) {
    const lines = Buffer.alloc(WIDTH * LINES);
    for (let at = 0; at < lines.length; at++) {
      const column = (at + number) % WIDTH;
      lines[at] = Math.floor((column * BARS) / WIDTH) * 32 + part;
    }
    packets.push(
      packet({
        type: PICTURE_TYPE,
        isLast: part === PACKETS - 1,
        sequence: number * PACKETS + part,
        timestamp: (number * CLOCK) / PICTURES_PER_SECOND,
        ssrc: PICTURE_SSRC,
        payload: lines,
      }),
    );
  }
  return [...packets, toneOfFrame(number)];
}

function toneOfFrame(number: number): Uint8Array {
  const samples = SAMPLES_PER_SECOND / PICTURES_PER_SECOND;
  const payload = Buffer.alloc(2 * samples);
  for (let at = 0; at < samples; at++) {
    const time = (number * samples + at) / SAMPLES_PER_SECOND;
    payload.writeInt16BE(Math.round(10_000 * Math.sin(2 * Math.PI * TONE_HZ * time)), 2 * at);
  }
  const timestamp = number * samples;
  return packet({ type: TONE_TYPE, isLast: false, sequence: number, timestamp, ssrc: TONE_SSRC, payload });
}

interface RtpParts {
  readonly type: number;
  readonly isLast: boolean;
  readonly sequence: number;
  readonly timestamp: number;
  readonly ssrc: number;
  readonly payload: Uint8Array;
}

/** RFC 3550 §5.1. */
function packet({ type, isLast, sequence, timestamp, ssrc, payload }: RtpParts): Uint8Array {
  const header = Buffer.alloc(12);
  header[0] = 0x80;
  header[1] = type | (isLast ? 0x80 : 0);
  header.writeUInt16BE(sequence & 0xffff, 2);
  header.writeUInt32BE(timestamp >>> 0, 4);
  header.writeUInt32BE(ssrc, 8);
  return Uint8Array.from(Buffer.concat([header, payload]));
}
