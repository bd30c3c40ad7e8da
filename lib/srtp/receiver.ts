import { SrtpError } from './errors.ts';
import { decodeSrtp, mkiOfPacket } from './packet.ts';
import { type RtpHeader, rtpHeaderOf } from './rtp.ts';
import { type SessionKeys, type SrtpMasterKey, sessionKeysOf } from './session-keys.ts';

/** Master keys that are kept: those of two MSKs, now and next, and some that packets on the way may need. */
const MAX_KEYS = 8;
/** MKIs of one MTK, learnt or told. The tag does not cover the MKI, so anybody may write others. */
const MAX_NAMES = 4;
/** Packets behind the highest that may still come (RFC 3711 §3.3.2). */
const WINDOW = 64;
const HALF = 0x8000;
const SEQUENCES = 0x1_0000;

interface Stream {
  /** ROC * 2^16 + sequence, of the newest packet. */
  highest: number;
  /** Bit n: the packet n behind the newest has come. */
  window: bigint;
}

interface HeldKey {
  /** MKIs in hexadecimal that are known to mean this key. */
  readonly mkis: Set<string>;
  readonly key: SrtpMasterKey;
  readonly keys: SessionKeys;
}

/**
 * Opens SRTP under the MTKs that a UE holds. The MKI finds the MTK. An MTK that came under two MSKs is named
 * in packets by one of them: for an MKI that is unknown each MTK is tried, and the tag of 80 bits tells.
 */
export class SrtpReceiver {
  readonly #mkiLength: number;
  /** The newest last. */
  #held: HeldKey[] = [];
  readonly #streams = new Map<number, Stream>();
  readonly #announcedRocs = new Map<number, number>();

  /** @param mkiLength octets of the MKI in each packet; 0: there is none */
  constructor(mkiLength: number) {
    this.#mkiLength = mkiLength;
  }

  /** Adds an MTK under its name. The oldest above eight goes. @throws SrtpError `bad-key` */
  add(key: SrtpMasterKey, mki: Uint8Array): void {
    const name = hexOf(mki);
    for (const { mkis } of this.#held) mkis.delete(name);
    const same = this.#held.find((held) => isSameKey(held.key, key));
    if (same !== undefined) same.mkis.add(name);
    else this.#held.push({ mkis: new Set([name]), key, keys: sessionKeysOf(key) });
    this.#held = this.#held.slice(-MAX_KEYS);
  }

  /** What an MTK message says of a stream's rollover counter, for a receiver that joins late. */
  announceRoc(ssrc: number, roc: number): void {
    this.#announcedRocs.set(ssrc, roc);
  }

  /**
   * The RTP packet of an SRTP packet.
   * @throws SrtpError `unknown-mki`, `auth-failure`, `replayed`, `truncated`, `not-rtp`
   */
  open(packet: Uint8Array): Uint8Array {
    const header = rtpHeaderOf(packet);
    const stream = this.#streams.get(header.ssrc);
    const indices = stream === undefined ? this.#firstIndices(header) : [guessIndex(stream, header.sequence)];
    const mki = hexOf(mkiOfPacket(packet, header, this.#mkiLength));
    const named = this.#held.find(({ mkis }) => mkis.has(mki));
    const candidates = named === undefined ? this.#held.toReversed() : [named];
    for (const index of indices) {
      if (stream !== undefined && hasCome(stream, index))
        throw new SrtpError('replayed', 'the packet came before');
      for (const held of candidates) {
        const rtp = this.#tryOpen(held.keys, packet, header, index);
        if (rtp === undefined) continue;
        if (held.mkis.size < MAX_NAMES) held.mkis.add(mki);
        this.#streams.set(header.ssrc, withPacket(stream, index));
        return rtp;
      }
    }
    throw named === undefined
      ? new SrtpError('unknown-mki', 'no MTK of the packet is held')
      : new SrtpError('auth-failure', 'the tag of the packet is wrong');
  }

  #tryOpen(keys: SessionKeys, packet: Uint8Array, header: RtpHeader, index: number): Uint8Array | undefined {
    try {
      return decodeSrtp(keys, packet, header, Math.floor(index / SEQUENCES), this.#mkiLength);
    } catch (error) {
      if (error instanceof SrtpError && error.code === 'auth-failure') return undefined;
      throw error;
    }
  }

  /** A stream may have begun anew between the message that told of its counter and its first packet here. */
  #firstIndices({ ssrc, sequence }: RtpHeader): number[] {
    const roc = this.#announcedRocs.get(ssrc) ?? 0;
    const rocs = [roc, roc + 1, ...(roc > 0 ? [roc - 1] : [])];
    return rocs.map((each) => each * SEQUENCES + sequence);
  }
}

/** The index that is nearest to the newest one (RFC 3711 §3.3.1). */
function guessIndex({ highest }: Stream, sequence: number): number {
  const roc = Math.floor(highest / SEQUENCES);
  const last = highest % SEQUENCES;
  const turns = sequence - last > HALF ? -1 : last - sequence > HALF ? 1 : 0;
  return Math.max(0, roc + turns) * SEQUENCES + sequence;
}

function hasCome({ highest, window }: Stream, index: number): boolean {
  const behind = highest - index;
  return behind >= 0 && (behind >= WINDOW || ((window >> BigInt(behind)) & 1n) === 1n);
}

function withPacket(stream: Stream | undefined, index: number): Stream {
  if (stream === undefined) return { highest: index, window: 1n };
  const ahead = index - stream.highest;
  if (ahead <= 0) return { ...stream, window: stream.window | (1n << BigInt(-ahead)) };
  const shifted = ahead >= WINDOW ? 0n : BigInt.asUintN(WINDOW, stream.window << BigInt(ahead));
  return { highest: index, window: shifted | 1n };
}

function isSameKey(one: SrtpMasterKey, other: SrtpMasterKey): boolean {
  const { salt } = other;
  const hasSameSalt =
    one.salt === undefined || salt === undefined ? one.salt === salt : one.salt.equals(salt);
  return hasSameSalt && one.mtk.equals(other.mtk);
}

function hexOf(octets: Uint8Array): string {
  return Buffer.from(octets).toString('hex');
}
