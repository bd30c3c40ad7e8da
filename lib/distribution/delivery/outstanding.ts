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
  /** A CSB ID that no outstanding delivery has, and from which anybody can tell the sender: see `csb-id.ts`. */
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
  share: Share = WHOLE,
): OutstandingMessages<T> {
  const byCsbId = new Map<number, T>();
  const draw = createCsbIds(share, random32);
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

function decoded(datagram: Uint8Array): MikeyMessage | undefined {
  try {
    return decodeMikeyMessage(datagram);
  } catch (error) {
    if (error instanceof MikeyError) return undefined;
    throw error;
  }
}
