import { SrtpError } from './errors.ts';

/** What SRTP reads in the header of an RTP packet (RFC 3550 §5.1). */
export interface RtpHeader {
  /** Octets of the header, with its CSRCs and its extension. */
  readonly length: number;
  /** 16 bits. */
  readonly sequence: number;
  /** 32 bits. */
  readonly ssrc: number;
}

const FIXED_LENGTH = 12;
const VERSION = 2;

/** @throws SrtpError `truncated`, `not-rtp` */
export function rtpHeaderOf(packet: Uint8Array): RtpHeader {
  if (packet.length < FIXED_LENGTH) throw truncated(FIXED_LENGTH, packet.length);
  const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
  const first = view.getUint8(0);
  if (first >> 6 !== VERSION) throw new SrtpError('not-rtp', `version ${first >> 6} of RTP, not ${VERSION}`);
  let length = FIXED_LENGTH + 4 * (first & 0x0f);
  if ((first & 0x10) !== 0) {
    if (packet.length < length + 4) throw truncated(length + 4, packet.length);
    length += 4 + 4 * view.getUint16(length + 2);
  }
  if (packet.length < length) throw truncated(length, packet.length);
  return { length, sequence: view.getUint16(2), ssrc: view.getUint32(8) };
}

/** A packet that is shorter than it says. */
export function truncated(need: number, have: number): SrtpError {
  return new SrtpError('truncated', `the packet has ${have} octets, and needs ${need}`);
}
