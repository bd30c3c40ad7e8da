import { timingSafeEqual } from 'node:crypto';
import { hmacSha1 } from '../mikey/crypto/hmac-sha1.ts';
import { type RtpHeader, truncated } from './rtp.ts';
import type { SessionKeys } from './session-keys.ts';

/** Octets of the tag of HMAC-SHA1-80. */
export const TAG_LENGTH = 10;

/**
 * Encrypts an RTP packet by AES-128-CM and authenticates it by HMAC-SHA1-80 (RFC 3711 §3.1, §4):
 *
 *     header | encrypted payload | MKI | tag (10)
 *
 * @param header of `rtp`
 * @param roc the rollover counter of the stream, 32 bits
 * @param mki names the master key in the packet; no octets: none does
 */
export function encodeSrtp(
  keys: SessionKeys,
  rtp: Uint8Array,
  header: RtpHeader,
  roc: number,
  mki: Uint8Array,
): Uint8Array {
  const packet = new Uint8Array(rtp.length + mki.length + TAG_LENGTH);
  packet.set(rtp);
  crypt(keys, header, roc, packet.subarray(header.length, rtp.length));
  packet.set(mki, rtp.length);
  packet.set(tagOf(keys, packet.subarray(0, rtp.length), roc), rtp.length + mki.length);
  return packet;
}

/**
 * The inverse: checks the tag in constant time, and only then decrypts. Undefined where the tag is wrong: a
 * receiver tries several keys, and an error for each would cost more than the tag.
 * @param mkiLength octets of the MKI
 * @throws SrtpError `truncated`
 */
export function decodeSrtp(
  keys: SessionKeys,
  packet: Uint8Array,
  header: RtpHeader,
  roc: number,
  mkiLength: number,
): Uint8Array | undefined {
  const end = endOfPayload(packet, header, mkiLength);
  const tag = packet.subarray(packet.length - TAG_LENGTH);
  if (!timingSafeEqual(tagOf(keys, packet.subarray(0, end), roc), tag)) return undefined;
  const rtp = packet.slice(0, end);
  crypt(keys, header, roc, rtp.subarray(header.length));
  return rtp;
}

/** The MKI of a packet. @throws SrtpError `truncated` */
export function mkiOfPacket(packet: Uint8Array, header: RtpHeader, mkiLength: number): Uint8Array {
  const end = endOfPayload(packet, header, mkiLength);
  return packet.subarray(end, end + mkiLength);
}

function endOfPayload(packet: Uint8Array, { length }: RtpHeader, mkiLength: number): number {
  const need = length + mkiLength + TAG_LENGTH;
  if (packet.length < need) throw truncated(need, packet.length);
  return packet.length - mkiLength - TAG_LENGTH;
}

/** The IV of the packet at hand; no secret without the salt, with which it is wiped. */
const iv = new Uint8Array(16);
const ivWords = new DataView(iv.buffer);

/**
 * Encrypts or decrypts in place. IV = (salt * 2^16) XOR (SSRC * 2^64) XOR (index * 2^16), index = ROC * 2^16
 * + sequence (RFC 3711 §4.1.1).
 */
function crypt(
  { keyStream, salt }: SessionKeys,
  { ssrc, sequence }: RtpHeader,
  roc: number,
  data: Uint8Array,
): void {
  iv.fill(0);
  ivWords.setUint32(4, ssrc);
  ivWords.setUint32(8, roc);
  ivWords.setUint16(12, sequence);
  const octets = salt.exposeOctets();
  for (let index = 0; index < octets.length; index++) iv[index] = (iv[index] ?? 0) ^ (octets[index] ?? 0);
  keyStream.apply(iv, data);
  iv.fill(0);
}

/** The first 80 bits of HMAC-SHA-1 over the packet without MKI, then ROC (RFC 3711 §4.2). */
function tagOf({ auth }: SessionKeys, covered: Uint8Array, roc: number): Uint8Array {
  const end = Buffer.alloc(4);
  end.writeUInt32BE(roc);
  return hmacSha1(auth.exposeOctets(), [covered, end]).subarray(0, TAG_LENGTH);
}
