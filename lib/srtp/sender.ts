import { SrtpError } from './errors.ts';
import { encodeSrtp } from './packet.ts';
import { rtpHeaderOf } from './rtp.ts';
import { type SessionKeys, type SrtpMasterKey, sessionKeysOf } from './session-keys.ts';

const MAX_ROC = 0xffff_ffff;
/** Half of the sequence numbers: one that falls by more has begun anew. */
const HALF = 0x8000;

/** Streams of one sender, as an MTK message can name them (RFC 3830 §6.1: #CS of 8 bits); few are usual. */
const MAX_STREAMS = 32;

/** A stream that is protected, and how often its sequence numbers have begun anew. */
export interface SrtpStreamState {
  readonly ssrc: number;
  readonly roc: number;
}

/**
 * Protects RTP of any number of streams under one master key at a time. The rollover counter goes on when the
 * master key changes (RFC 3711 §3.3.1). A sequence number that comes again under one key is refused: two
 * texts under one key stream give both away.
 */
export class SrtpSender {
  readonly #streams = new Map<number, { roc: number; highest: number; highestUnderKey: number }>();
  #key: { readonly keys: SessionKeys; readonly mki: Uint8Array } | undefined;

  /** Protects with this key from now on; the MKI names it. @throws SrtpError `bad-key` */
  use(key: SrtpMasterKey, mki: Uint8Array): void {
    this.#key = { keys: sessionKeysOf(key), mki };
    for (const stream of this.#streams.values()) stream.highestUnderKey = -1;
  }

  /** Protects nothing any more until there is a key again. */
  stop(): void {
    this.#key = undefined;
  }

  /** The streams and their rollover counters. */
  get streams(): readonly SrtpStreamState[] {
    return [...this.#streams].map(([ssrc, { roc }]) => ({ ssrc, roc }));
  }

  /**
   * The SRTP packet of an RTP packet.
   * @throws SrtpError `no-key`; `replayed` for a packet that is not above all others of its stream under the
   * key; `key-spent` after 2^48 packets; `too-many-streams`; `truncated`, `not-rtp`
   */
  protect(rtp: Uint8Array): Uint8Array {
    const key = this.#key;
    if (key === undefined) throw new SrtpError('no-key', 'there is no MTK to protect with');
    const header = rtpHeaderOf(rtp);
    const { sequence, ssrc } = header;
    const known = this.#streams.get(ssrc);
    if (known === undefined && this.#streams.size === MAX_STREAMS)
      throw new SrtpError('too-many-streams', `there are ${MAX_STREAMS} streams already`);
    const stream = known ?? { roc: 0, highest: sequence, highestUnderKey: -1 };
    const roc = stream.roc + (sequence < stream.highest - HALF ? 1 : 0);
    if (roc > MAX_ROC) throw new SrtpError('key-spent', 'the stream needs another SSRC');
    const index = roc * 0x1_0000 + sequence;
    if (index <= stream.highestUnderKey)
      throw new SrtpError('replayed', `sequence number ${sequence} came out of order: it is not protected`);
    this.#streams.set(ssrc, { roc, highest: sequence, highestUnderKey: index });
    return encodeSrtp(key.keys, rtp, header, roc, key.mki);
  }
}
