import {
  decodeMikeyMessage,
  isVerificationMessageAuthentic,
  MikeyError,
  type MikeyMessage,
  type MukAddressing,
} from '../mikey/index.ts';

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

/** Deliveries on their way, in memory only. */
export interface OutstandingMessages<T extends Outstanding> {
  readonly size: number;
  /** A CSB ID that no outstanding delivery has. */
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

/** An empty set. `random32` gives 32 random bits. */
export function createOutstandingMessages<T extends Outstanding>(
  random32: () => number,
): OutstandingMessages<T> {
  const byCsbId = new Map<number, T>();
  return {
    get size() {
      return byCsbId.size;
    },
    freeCsbId: () => {
      let csbId = random32();
      while (byCsbId.has(csbId)) csbId = random32();
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
const CSB_ID_START = 4;
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
