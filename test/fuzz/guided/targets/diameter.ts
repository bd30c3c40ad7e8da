import {
  DiameterError,
  type DiameterMessage,
  decodeMessage,
  encodeMessage,
  errorMessageIn,
  MessageSplitter,
  readBootstrappingInfoAnswer,
  readBootstrappingInfoRequest,
  readCapabilities,
  readCapabilitiesAnswer,
  readDisconnect,
  readDisconnectAnswer,
  readWatchdog,
  readWatchdogAnswer,
} from '../../../../lib/diameter/index.ts';
import { MESSAGES, REQUEST } from '../../../diameter/messages.ts';
import type { FuzzTarget } from '../fuzz-target.ts';

/** A peer sends octets: they are split into messages, decoded, encoded again, and read as each command. */
export const target: FuzzTarget = {
  files: ['lib/diameter/'],
  seeds: Object.values(MESSAGES).map((message) => encodeMessage(message)),
  tokens: ['<ussList>', '</ussList>', '<uss id="4" type="4"/>', '<!DOCTYPE', '&lt;', '<keyChoice>'],
  repair: (input) => {
    const octets = Uint8Array.from(input.subarray(0, input.length & ~3));
    if (octets.length >= 20) octets.set([1, 0, octets.length >> 8, octets.length & 0xff]);
    return octets;
  },
  run: (input) => {
    const messages = [...new MessageSplitter().push(input)].map((each) => decodeMessage(each));
    const errors: unknown[] = [];
    for (const message of messages) {
      encodeMessage(message);
      for (const read of READERS) {
        try {
          read(message);
        } catch (error) {
          if (!(error instanceof DiameterError)) throw error;
          errors.push(error);
        }
      }
    }
    if (errors.length > 0 && errors.length === messages.length * READERS.length) throw errors[0];
  },
  isExpected: (error) => error instanceof DiameterError,
};

const READERS: readonly ((message: DiameterMessage) => unknown)[] = [
  readCapabilities,
  readCapabilitiesAnswer,
  readWatchdog,
  readWatchdogAnswer,
  readDisconnect,
  readDisconnectAnswer,
  readBootstrappingInfoRequest,
  (message) => readBootstrappingInfoAnswer(message, REQUEST.sessionId),
  ({ avps }) => errorMessageIn(avps),
];
