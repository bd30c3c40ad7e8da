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

interface Window {
  /** ROC * 2^16 + sequence, of the newest packet. */
  highest: number;
  /** Bit n: the packet n behind the newest has come. */
  window: bigint;
}

interface Stream extends Window {
  /** The MTKs that it was protected with, of those that are held. */
  readonly keys: ReadonlySet<HeldKey>;
  /** Those of before its sender began anew: what was protected with them does not come again. */
  readonly retired: ReadonlySet<HeldKey>;
}

/** A packet that was opened, where in its stream, and with which MTK. */
interface Opened {
  readonly rtp: Uint8Array;
  readonly index: number;
  readonly held: HeldKey;
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
    const mki = hexOf(mkiOfPacket(packet, header, this.#mkiLength));
    const named = this.#held.find(({ mkis }) => mkis.has(mki));
    const stream = this.#streams.get(header.ssrc);
    const possible = named === undefined ? this.#held.toReversed() : [named];
    const candidates = possible.filter((held) => stream?.retired.has(held) !== true);
    if (stream !== undefined) {
      const index = guessIndex(stream, header.sequence);
      if (hasCome(stream, index) && candidates.every((held) => stream.keys.has(held)))
        throw new SrtpError('replayed', 'the packet came before');
      const opened = hasCome(stream, index) ? undefined : this.#openAt([index], packet, header, candidates);
      if (opened !== undefined) return this.#accept(stream, mki, header, opened);
    }
    // A stream that is new here, or whose sender began anew: then under an MTK that it has not used before.
    const fresh = candidates.filter((held) => stream?.keys.has(held) !== true);
    const opened = this.#openAt(this.#firstIndices(header), packet, header, fresh);
    if (opened !== undefined) return this.#accept(undefined, mki, header, opened);
    throw named === undefined
      ? new SrtpError('unknown-mki', 'no MTK of the packet is held')
      : new SrtpError('auth-failure', 'the tag of the packet is wrong');
  }

  #openAt(
    indices: readonly number[],
    packet: Uint8Array,
    header: RtpHeader,
    candidates: readonly HeldKey[],
  ): Opened | undefined {
    for (const index of indices)
      for (const held of candidates) {
        const rtp = decodeSrtp(held.keys, packet, header, Math.floor(index / SEQUENCES), this.#mkiLength);
        if (rtp !== undefined) return { rtp, index, held };
      }
    return undefined;
  }

  #accept(stream: Stream | undefined, mki: string, { ssrc }: RtpHeader, { rtp, index, held }: Opened) {
    if (held.mkis.size < MAX_NAMES) held.mkis.add(mki);
    const before = this.#streams.get(ssrc);
    const kept = (keys: ReadonlySet<HeldKey> = new Set()) =>
      [...keys].filter((key) => this.#held.includes(key));
    const isAnew = stream === undefined;
    this.#streams.set(ssrc, {
      ...withPacket(stream, index),
      keys: new Set([...(isAnew ? [] : kept(before?.keys)), held]),
      retired: new Set([...kept(before?.retired), ...(isAnew ? kept(before?.keys) : [])]),
    });
    return rtp;
  }

  /** A stream may have begun anew between the message that told of its counter and its first packet here. */
  #firstIndices({ ssrc, sequence }: RtpHeader): number[] {
    const roc = this.#announcedRocs.get(ssrc) ?? 0;
    const rocs = [roc, roc + 1, ...(roc > 0 ? [roc - 1] : [])];
    return rocs.map((each) => each * SEQUENCES + sequence);
  }
}

/** The index that is nearest to the newest one (RFC 3711 §3.3.1). */
function guessIndex({ highest }: Window, sequence: number): number {
  const roc = Math.floor(highest / SEQUENCES);
  const last = highest % SEQUENCES;
  const turns = sequence - last > HALF ? -1 : last - sequence > HALF ? 1 : 0;
  return Math.max(0, roc + turns) * SEQUENCES + sequence;
}

function hasCome({ highest, window }: Window, index: number): boolean {
  const behind = highest - index;
  return behind >= 0 && (behind >= WINDOW || ((window >> BigInt(behind)) & 1n) === 1n);
}

function withPacket(stream: Window | undefined, index: number): Window {
  if (stream === undefined) return { highest: index, window: 1n };
  const ahead = index - stream.highest;
  if (ahead <= 0) return { highest: stream.highest, window: stream.window | (1n << BigInt(-ahead)) };
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
