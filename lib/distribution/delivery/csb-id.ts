/**
 * Where the CSB ID stands in HDR (RFC 3830 §6.1), in octets: behind version, data type, next payload, V and
 * PRF.
 */
export const CSB_ID_START = 4;
/** The first octets of a datagram that hold one. */
export const CSB_ID_END = 8;

/** Which of several senders on one UDP port a sender is. */
export interface Share {
  /** From 0 to below `of`. */
  readonly index: number;
  readonly of: number;
}

/** The share of a sender that is alone on its port. */
export const WHOLE: Share = { index: 0, of: 1 };

/** The CSB ID of a MIKEY message of at least 8 octets. Makes no view: each datagram of a flood comes here. */
export function csbIdOf(datagram: Uint8Array): number {
  let csbId = 0;
  for (let at = CSB_ID_START; at < CSB_ID_END; at++) csbId = csbId * 256 + (datagram[at] ?? 0);
  return csbId;
}

/**
 * The index of the sender, of `of` senders, that an answer is for: the CSB ID modulo their number. A datagram
 * too short for a CSB ID belongs to none, and is counted as sender 0's.
 */
export function senderOf(datagram: Uint8Array, of: number): number {
  return datagram.length < CSB_ID_END ? 0 : csbIdOf(datagram) % of;
}

/**
 * Draws CSB IDs that `senderOf` gives to one sender, each as likely as any other. `random32` gives 32 random
 * bits.
 */
export function createCsbIds({ index, of }: Share, random32: () => number): () => number {
  const multiples = 2 ** 32 - (2 ** 32 % of);
  return () => {
    let random = random32();
    while (random >= multiples) random = random32();
    return random - (random % of) + index;
  };
}
