import { hmacSha1 } from '../../../../lib/mikey/crypto/hmac-sha1.ts';
import { messageKeysOf } from '../../../../lib/mikey/crypto/key-derivation.ts';
import {
  decodeMikeyMessage,
  isVerificationMessageAuthentic,
  MikeyError,
  type MikeyMessage,
  openMskMessage,
  openMtkMessage,
  openSolicitedPullMessage,
} from '../../../../lib/mikey/index.ts';
import { ADDRESSING, MESSAGES, MSK } from '../../../mikey/messages.ts';
import type { FuzzTarget } from '../fuzz-target.ts';

const MAC_LENGTH = 20;

/** A sender who knows the key sends malformed messages: decoding and opening behind a correct MAC. */
export const target: FuzzTarget = {
  files: ['lib/mikey/'],
  seeds: Object.values(MESSAGES),
  repair: (input) => {
    const octets = Uint8Array.from(input);
    if (octets.length < MAC_LENGTH + 8) return octets;
    const csbId = new DataView(octets.buffer).getUint32(4);
    const key = octets.length % 2 === 0 ? ADDRESSING.muk : MSK;
    const { auth } = messageKeysOf(key, csbId, randIn(octets) ?? ADDRESSING.rand);
    const covered = octets.subarray(0, octets.length - MAC_LENGTH);
    octets.set(hmacSha1(auth.exposeOctets(), [covered]), covered.length);
    return octets;
  },
  run: (input) => {
    const message = decodeMikeyMessage(input);
    const errors: unknown[] = [];
    for (const open of OPENERS) {
      try {
        open(message);
      } catch (error) {
        if (!(error instanceof MikeyError)) throw error;
        errors.push(error);
      }
    }
    if (errors.length === OPENERS.length) throw errors[0];
  },
  isExpected: (error) => error instanceof MikeyError,
};

const OPENERS: readonly ((message: MikeyMessage) => unknown)[] = [
  (message) => openMskMessage(message, ADDRESSING.muk),
  (message) => openMskMessage(message, MSK),
  (message) => openSolicitedPullMessage(message, ADDRESSING.muk),
  (message) => openMtkMessage(message, MSK, ADDRESSING.rand),
  (message) => isVerificationMessageAuthentic(message, ADDRESSING),
];

function randIn(octets: Uint8Array): Uint8Array | undefined {
  try {
    return decodeMikeyMessage(octets).rand;
  } catch {
    return undefined;
  }
}
