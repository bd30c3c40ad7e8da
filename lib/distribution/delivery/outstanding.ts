import {
  decodeMikeyMessage,
  isVerificationMessageAuthentic,
  MikeyError,
  type MikeyMessage,
  type MukAddressing,
} from '../../mikey/index.ts';

/** Messages to one UE that wait for its verification message. */
export interface Outstanding {
  /** 32 bits, the same in all messages of one delivery: the handle that a verification message is found by. */
  readonly csbId: number;
  /** What was sent with this counter, or undefined: the answer may be to any of the messages. */
  readonly sentWith: (counter: number) => MukAddressing | undefined;
}

/** What a datagram that came in turned out to be. */
export type Received<T extends Outstanding> =
  | { readonly kind: 'verified'; readonly outstanding: T; readonly counter: number }
  | { readonly kind: 'ignored'; readonly reason: IgnoredReason };

/** Why a datagram has no effect. */
export type IgnoredReason = 'malformed' | 'not-expected' | 'not-authentic';

/** Which of several senders on one UDP port one is. */
export interface Share {
  /** From 0 to below `of`. */
  readonly index: number;
  readonly of: number;
}

/** The share of a sender that has its port for itself. */
export const WHOLE: Share = { index: 0, of: 1 };

/** Deliveries on their way, in memory only. */
export interface OutstandingMessages<T extends Outstanding> {
  readonly size: number;
  /** A CSB ID that no outstanding delivery has, and from which anybody can tell the sender: see `senderOf`. */
  readonly freeCsbId: () => number;
  readonly add: (outstanding: T) => void;
  readonly remove: (outstanding: T) => void;
  readonly clear: () => void;
  /**
   * Matches a datagram to what was sent (RFC 3830 §5.3): by CSB ID, then counter, IDr and MAC. The source address
   * plays no part. It is taken out when it is verified, so a repeated one is not expected any more.
   */
  readonly receive: (datagram: Uint8Array) => Received<T>;
}

/** The longest verification message that is looked at, in octets: ours have some 100, and a B-TID at most 300. */
const MAX_LENGTH = 1024;

/**
 * Which of `of` senders the answer in a datagram is for: the remainder of the CSB ID divided by their number. A datagram
 * too short for a CSB ID is anybody's, and counted as 0's.
 */
export function senderOf(datagram: Uint8Array, of: number): number {
  return datagram.length < CSB_ID_END ? 0 : csbIdOf(datagram) % of;
}

/** An empty set. `random32` gives 32 random bits. */
export function createOutstandingMessages<T extends Outstanding>(
  random32: () => number,
  { index, of }: Share = WHOLE,
): OutstandingMessages<T> {
  const byCsbId = new Map<number, T>();
  // Below the greatest multiple of `of`, so that each CSB ID of this sender is as likely as any other of its own.
  const multiples = 2 ** 32 - (2 ** 32 % of);
  const draw = () => {
    let random = random32();
    while (random >= multiples) random = random32();
    return random - (random % of) + index;
  };
  return {
    get size() {
      return byCsbId.size;
    },
    freeCsbId: () => {
      let csbId = draw();
      while (byCsbId.has(csbId)) csbId = draw();
      return csbId;
    },
    add: (outstanding) => void byCsbId.set(outstanding.csbId, outstanding),
    remove: (outstanding) => {
      if (byCsbId.get(outstanding.csbId) === outstanding) byCsbId.delete(outstanding.csbId);
    },
    clear: () => byCsbId.clear(),
    receive: (datagram) => {
      // Before anything is decoded: a flood of forged datagrams is to cost as little as can be.
      if (datagram.length < CSB_ID_END || datagram.length > MAX_LENGTH)
        return { kind: 'ignored', reason: 'malformed' };
      const outstanding = byCsbId.get(csbIdOf(datagram));
      if (outstanding === undefined) return { kind: 'ignored', reason: 'not-expected' };
      const message = decoded(datagram);
      if (message === undefined) return { kind: 'ignored', reason: 'malformed' };
      const { counter } = message.timestamp;
      const sent = counter === undefined ? undefined : outstanding.sentWith(counter);
      if (counter === undefined || sent === undefined || !isVerificationMessageAuthentic(message, sent))
        return { kind: 'ignored', reason: 'not-authentic' };
      byCsbId.delete(outstanding.csbId);
      return { kind: 'verified', outstanding, counter };
    },
  };
}

/** HDR (RFC 3830 §6.1): version, data type, next payload, V and PRF, then the CSB ID in 4 octets. */
export const CSB_ID_START = 4;
const CSB_ID_END = 8;

function csbIdOf(datagram: Uint8Array): number {
  return new DataView(datagram.buffer, datagram.byteOffset).getUint32(CSB_ID_START);
}

function decoded(datagram: Uint8Array): MikeyMessage | undefined {
  try {
    return decodeMikeyMessage(datagram);
  } catch (error) {
    if (error instanceof MikeyError) return undefined;
    throw error;
  }
}
