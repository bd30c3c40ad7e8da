import { randomBytes } from 'node:crypto';

/** Octets of one pull: enough for a RAND and a CSB ID of 3000 messages. */
const PULL_LENGTH = 65_536;

/**
 * Random octets, pulled from the system's generator in large pieces: one call of it costs more than a
 * message. The result is a view of a pull that is never given out again, so it can be kept. For RANDs and CSB
 * IDs, which are sent in clear; keys are drawn one by one.
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

const NUMBERS_PER_PULL = 256;

/** Gives 32 random bits with each call, from octets that are drawn for 256 calls. */
export function createRandom32(randomOctets: (length: number) => Uint8Array): () => number {
  let words: DataView = new DataView(new ArrayBuffer(0));
  let used = 0;
  return () => {
    if (used === words.byteLength) {
      const { buffer, byteOffset, byteLength } = randomOctets(4 * NUMBERS_PER_PULL);
      words = new DataView(buffer, byteOffset, byteLength);
      used = 0;
    }
    used += 4;
    return words.getUint32(used - 4);
  };
}
