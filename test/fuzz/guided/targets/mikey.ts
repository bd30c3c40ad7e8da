import {
  decodeMikeyMessage,
  encodeMikeyMessage,
  isVerificationMessageAuthentic,
  MikeyError,
  type MikeyMessage,
  openMskMessage,
  openMtkMessage,
  openSolicitedPullMessage,
} from '../../../../lib/mikey/index.ts';
import { ADDRESSING, MESSAGES, MSK } from '../../../mikey/messages.ts';
import type { FuzzTarget } from '../fuzz-target.ts';

/** A MIKEY message of a sender without a key: it is decoded and encoded, and never opens. */
export const target: FuzzTarget = {
  files: ['lib/mikey/message/mikey-message.ts', 'lib/mikey/payload/', 'lib/mikey/reader.ts'],
  seeds: Object.values(MESSAGES),
  run: (input) => {
    const message = decodeMikeyMessage(input);
    const isOriginal = Object.values(MESSAGES).some((original) => Buffer.from(original).equals(input));
    if (!isOriginal && OPENERS.some((open) => opens(open, message)))
      throw new Error('an altered message was taken');
    // A decoded message can be encoded, and decoded again.
    const { octets: _octets, ...parts } = message;
    decodeMikeyMessage(encodeMikeyMessage(parts));
  },
  isExpected: (error) => error instanceof MikeyError,
};

const OPENERS: readonly ((message: MikeyMessage) => unknown)[] = [
  (message) => openMskMessage(message, ADDRESSING.muk),
  (message) => openSolicitedPullMessage(message, ADDRESSING.muk),
  (message) => openMtkMessage(message, MSK, ADDRESSING.rand),
  (message) => isVerificationMessageAuthentic(message, ADDRESSING),
];

function opens(open: (message: MikeyMessage) => unknown, message: MikeyMessage): boolean {
  try {
    return open(message) !== false;
  } catch (error) {
    if (error instanceof MikeyError) return false;
    throw error;
  }
}
