import { MikeyError } from '../errors.ts';
import { decodeMikeyMessage, type MikeyMessage } from './mikey-message.ts';
import { type MskRecipient, octetsOfUeId } from './msk-batch.ts';
import { isVerificationMessageAuthentic } from './verification.ts';

/**
 * What a received message is: malformed, or an answer to what was sent, whose sender holds the MUK or not.
 */
export type Verdict = 'authentic' | 'malformed' | 'not-authentic';

/**
 * What was sent with this counter to the UE that the message of this index claims to be from, or undefined.
 * Its answer does not change while a batch is checked.
 */
export type SentWith = (index: number, counter: number) => MskRecipient | undefined;

/**
 * The port by which verification messages are checked (RFC 3830 §5.3, TS 33.246 §6.4.5.2): for each message
 * its verdict, in their order. `bmscId` is IDi of what was sent. `checkVerificationMessages` is the
 * reference; every other checker returns the same verdicts.
 */
export type VerificationChecker = (
  messages: readonly Uint8Array[],
  bmscId: Uint8Array,
  sentWith: SentWith,
) => readonly Verdict[];

/** The reference: decodes and checks one message after another. */
export const checkVerificationMessages: VerificationChecker = (messages, bmscId, sentWith) =>
  messages.map((octets, index) => {
    const message = decoded(octets);
    if (message === undefined) return 'malformed';
    const { counter } = message.timestamp;
    const sent = counter === undefined ? undefined : sentWith(index, counter);
    if (sent === undefined) return 'not-authentic';
    const isAuthentic = isVerificationMessageAuthentic(message, {
      ...sent,
      bmscId,
      ueId: octetsOfUeId(sent.ueId),
    });
    return isAuthentic ? 'authentic' : 'not-authentic';
  });

function decoded(octets: Uint8Array): MikeyMessage | undefined {
  try {
    return decodeMikeyMessage(octets);
  } catch (error) {
    if (error instanceof MikeyError) return undefined;
    throw error;
  }
}
