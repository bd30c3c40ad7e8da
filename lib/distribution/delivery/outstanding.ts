import {
  decodeMikeyMessage,
  isVerificationMessageAuthentic,
  MikeyError,
  type MikeyMessage,
  type MukAddressing,
} from '../../mikey/index.ts';
import { CSB_ID_END, createCsbIds, csbIdOf, type Share, WHOLE } from './csb-id.ts';

/** Messages to one UE that wait for its verification message. */
export interface Outstanding {
  /** 32 bits, the same in all messages of one delivery: a verification message is matched by it. */
  readonly csbId: number;
  /** The message that was sent with this counter, or undefined: a UE may answer any of the messages. */
  readonly sentWith: (counter: number) => MukAddressing | undefined;
}

/** What an incoming datagram is. */
export type Received<T extends Outstanding> =
  | { readonly kind: 'verified'; readonly outstanding: T; readonly counter: number }
  | { readonly kind: 'ignored'; readonly reason: IgnoredReason };

/** Why a datagram has no effect. */
export type IgnoredReason = 'malformed' | 'not-expected' | 'not-authentic';

/**
 * The longest verification message that is decoded, in octets: ours have about 100, and a B-TID at most 300.
 */
const MAX_LENGTH = 1024;

/** The messages that wait for verification messages, by CSB ID; in memory only. */
export class OutstandingMessages<T extends Outstanding> {
  readonly #byCsbId = new Map<number, T>();
  readonly #drawCsbId: () => number;

  /** @param random32 gives 32 random bits */
  constructor(random32: () => number, share: Share = WHOLE) {
    this.#drawCsbId = createCsbIds(share, random32);
  }

  get size(): number {
    return this.#byCsbId.size;
  }

  /** A CSB ID that no outstanding delivery has, and that names this sender: see `senderOf`. */
  freeCsbId(): number {
    let csbId = this.#drawCsbId();
    while (this.#byCsbId.has(csbId)) csbId = this.#drawCsbId();
    return csbId;
  }

  add(outstanding: T): void {
    this.#byCsbId.set(outstanding.csbId, outstanding);
  }

  remove(outstanding: T): void {
    if (this.#byCsbId.get(outstanding.csbId) === outstanding) this.#byCsbId.delete(outstanding.csbId);
  }

  clear(): void {
    this.#byCsbId.clear();
  }

  /**
   * Matches a datagram to what was sent (RFC 3830 §5.3): by CSB ID, then counter, IDr and MAC. The source
   * address does not matter. A verified delivery is removed, so a repeated datagram is not expected any more.
   */
  receive(datagram: Uint8Array): Received<T> {
    // Before anything is decoded: a flood of forged datagrams must cost little.
    if (datagram.length < CSB_ID_END || datagram.length > MAX_LENGTH) return ignored('malformed');
    const outstanding = this.#byCsbId.get(csbIdOf(datagram));
    if (outstanding === undefined) return ignored('not-expected');
    const message = decoded(datagram);
    if (message === undefined) return ignored('malformed');
    const { counter } = message.timestamp;
    const sent = counter === undefined ? undefined : outstanding.sentWith(counter);
    if (counter === undefined || sent === undefined || !isVerificationMessageAuthentic(message, sent))
      return ignored('not-authentic');
    this.#byCsbId.delete(outstanding.csbId);
    return { kind: 'verified', outstanding, counter };
  }
}

function ignored(reason: IgnoredReason): { readonly kind: 'ignored'; readonly reason: IgnoredReason } {
  return { kind: 'ignored', reason };
}

function decoded(datagram: Uint8Array): MikeyMessage | undefined {
  try {
    return decodeMikeyMessage(datagram);
  } catch (error) {
    if (error instanceof MikeyError) return undefined;
    throw error;
  }
}
