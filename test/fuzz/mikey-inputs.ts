import {
  decodeMikeyMessage,
  isVerificationMessageAuthentic,
  MikeyError,
  openMskMessage,
  openMtkMessage,
  openSolicitedPullMessage,
} from '../../lib/mikey/index.ts';
import { decodeKeyData } from '../../lib/mikey/payload/key-data.ts';
import { ADDRESSING, MESSAGES, MSK } from '../mikey/messages.ts';
import { seededRandom } from '../seeded-random.ts';

/** Feeds random octets and mutated messages to every decoder; rethrows any error but MikeyError. */
export function fuzzMikey(iterations: number, seed: number): { tried: number; refused: number } {
  const random = seededRandom(seed).whole;
  const messages = Object.values(MESSAGES);
  let refused = 0;
  for (let tried = 0; tried < iterations; tried++) {
    const seedMessage = messages[random(messages.length)] ?? new Uint8Array(0);
    const input = tried % 4 === 0 ? randomOctets(random) : mutated(seedMessage, random);
    if (!survives(input)) refused += 1;
  }
  return { tried: iterations, refused };
}

/** Whether the input decodes as a message; an altered message must never open. */
function survives(input: Uint8Array): boolean {
  const isOriginal = Object.values(MESSAGES).some((message) => Buffer.from(message).equals(input));
  attempt(() => decodeKeyData(input));
  const message = attempt(() => decodeMikeyMessage(input));
  if (message === undefined) return false;
  const opened =
    attempt(() => openMskMessage(message, ADDRESSING.muk)) ??
    attempt(() => openSolicitedPullMessage(message, ADDRESSING.muk)) ??
    attempt(() => openMtkMessage(message, MSK, ADDRESSING.rand));
  if (!isOriginal && (opened !== undefined || isVerificationMessageAuthentic(message, ADDRESSING))) {
    throw new Error(`an altered message was taken: ${Buffer.from(input).toString('hex')}`);
  }
  return true;
}

function attempt<T>(decode: () => T): T | undefined {
  try {
    return decode();
  } catch (error) {
    if (error instanceof MikeyError) return undefined;
    throw error;
  }
}

function mutated(message: Uint8Array, random: (below: number) => number): Uint8Array {
  const octets = Uint8Array.from(message);
  for (let times = random(4); times >= 0; times--) octets[random(octets.length)] = random(256);
  const cut = random(8);
  if (cut === 0) return octets.subarray(0, random(octets.length));
  return cut === 1 ? Uint8Array.from([...octets, random(256)]) : octets;
}

function randomOctets(random: (below: number) => number): Uint8Array {
  return Uint8Array.from({ length: random(300) }, (_, index) =>
    index === 0 && random(2) === 0 ? 1 : random(256),
  );
}
