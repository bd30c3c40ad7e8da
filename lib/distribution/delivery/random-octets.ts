import { randomBytes } from 'node:crypto';

/** Octets that one pull takes: enough for a RAND and a CSB ID of 3000 messages. */
const PULL_LENGTH = 65_536;

/**
 * Random octets of the system's generator in large pulls, for one call of it costs more than a message. What is handed
 * out is a view of a pull that is never handed out again, so it can be kept. For RANDs and CSB IDs, which go out
 * in clear; a key is drawn for itself.
 */
export function createRandomOctets(pullLength = PULL_LENGTH): (length: number) => Uint8Array {
  let pull: Uint8Array = new Uint8Array(0);
  let used = 0;
  return (length) => {
    if (length > pullLength) return randomBytes(length);
    if (used + length > pull.length) {
      pull = randomBytes(pullLength);
      used = 0;
    }
    used += length;
    return pull.subarray(used - length, used);
  };
}

/** Numbers that one pull gives. */
const NUMBERS_AT_ONCE = 256;

/** 32 random bits at a time, from octets that are drawn in larger numbers. */
export function createRandom32(randomOctets: (length: number) => Uint8Array): () => number {
  let words: DataView = new DataView(new ArrayBuffer(0));
  let used = 0;
  return () => {
    if (used === words.byteLength) {
      const { buffer, byteOffset, byteLength } = randomOctets(4 * NUMBERS_AT_ONCE);
      words = new DataView(buffer, byteOffset, byteLength);
      used = 0;
    }
    used += 4;
    return words.getUint32(used - 4);
  };
}
