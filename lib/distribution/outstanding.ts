import {
  decodeMikeyMessage,
  isVerificationMessageAuthentic,
  MikeyError,
  type MukAddressing,
} from '../mikey/index.ts';

/** An MSK message that waits for the UE's verification message. */
export interface Outstanding<About> {
  readonly sent: MukAddressing;
  /** ms since the epoch */
  readonly sentAt: number;
  readonly about: About;
}

/** What a datagram that came in turned out to be. */
export type Received<About> =
  | { readonly kind: 'verified'; readonly outstanding: Outstanding<About> }
  | { readonly kind: 'ignored'; readonly reason: 'malformed' | 'not-expected' | 'not-authentic' };

/** MSK messages on their way, in memory only: at most `capacity`. */
export interface OutstandingMessages<About> {
  readonly size: number;
  /** False when there is no room: the message then goes unverified. */
  readonly add: (outstanding: Outstanding<About>) => boolean;
  /** Matches a datagram to what was sent (RFC 3830 §5.3); the source address plays no part. */
  readonly receive: (datagram: Uint8Array) => Received<About>;
  /** Takes out those sent before `time`, ms since the epoch. */
  readonly takeSentBefore: (time: number) => Outstanding<About>[];
}

/** An empty set of outstanding messages. */
export function createOutstandingMessages<About>(capacity = 100_000): OutstandingMessages<About> {
  // In order of sending, so that the oldest stand first.
  const byCsbId = new Map<number, Outstanding<About>>();
  return {
    get size() {
      return byCsbId.size;
    },
    add: (outstanding) => {
      if (byCsbId.size >= capacity) return false;
      byCsbId.set(outstanding.sent.csbId, outstanding);
      return true;
    },
    receive: (datagram) => {
      const message = decoded(datagram);
      if (message === undefined) return { kind: 'ignored', reason: 'malformed' };
      const outstanding = byCsbId.get(message.header.csbId);
      if (outstanding === undefined) return { kind: 'ignored', reason: 'not-expected' };
      if (!isVerificationMessageAuthentic(message, outstanding.sent))
        return { kind: 'ignored', reason: 'not-authentic' };
      byCsbId.delete(message.header.csbId);
      return { kind: 'verified', outstanding };
    },
    takeSentBefore: (time) => {
      const taken: Outstanding<About>[] = [];
      for (const [csbId, outstanding] of byCsbId) {
        if (outstanding.sentAt >= time) break;
        byCsbId.delete(csbId);
        taken.push(outstanding);
      }
      return taken;
    },
  };
}

function decoded(datagram: Uint8Array) {
  try {
    return decodeMikeyMessage(datagram);
  } catch (error) {
    if (error instanceof MikeyError) return undefined;
    throw error;
  }
}
