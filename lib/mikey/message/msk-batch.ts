import type { SecretKey } from '../../keys/secret-key.ts';
import { encodeMskMessage, type MskMessageInput, type MukAddressing } from './msk.ts';

/** The part that all messages of a push share: the MSK, its IDs and validity, the BM-SC, and the layout. */
export type MskPush = Omit<MskMessageInput, keyof MskRecipient>;

/** The part that differs from UE to UE, see `MukAddressing`. */
export interface MskRecipient extends Pick<MukAddressing, 'rand' | 'csbId' | 'counter'> {
  readonly muk: SecretKey;
  /** IDr: the B-TID of the UE, as octets or as text. */
  readonly ueId: Uint8Array | string;
}

/** MIKEY messages, one after another in one buffer. */
export interface MessageBatch {
  readonly octets: Uint8Array;
  /** The start of each message, then the end of the last one: `count` + 1 numbers. */
  readonly offsets: Uint32Array;
  readonly count: number;
}

/**
 * The port by which a push builds its messages: one MSK message (TS 33.246 §6.4.5.1) for each recipient, in
 * their order. The next call of the same builder may overwrite the octets. `buildMskMessages` is the
 * reference; every other builder returns the same octets.
 * @throws MikeyError `bad-value`, as `encodeMskMessage` does; then it builds no message at all
 */
export type MskMessageBuilder = (push: MskPush, recipients: readonly MskRecipient[]) => MessageBatch;

/** The reference: encodes one message after another by `encodeMskMessage`. */
export const buildMskMessages: MskMessageBuilder = (push, recipients) => {
  const messages = recipients.map((recipient) => {
    return encodeMskMessage({ ...push, ...recipient, ueId: octetsOfUeId(recipient.ueId) });
  });
  const offsets = new Uint32Array(messages.length + 1);
  for (const [index, { length }] of messages.entries()) offsets[index + 1] = (offsets[index] ?? 0) + length;
  return { octets: Buffer.concat(messages), offsets, count: messages.length };
};

/** The octets of an IDr; a text is encoded in UTF-8. */
export function octetsOfUeId(ueId: Uint8Array | string): Uint8Array {
  return typeof ueId === 'string' ? Buffer.from(ueId) : ueId;
}

/** The octets of one message of a batch, not a copy. @throws RangeError when the batch has no such message */
export function messageOf({ octets, offsets, count }: MessageBatch, index: number): Uint8Array {
  if (!Number.isInteger(index) || index < 0 || index >= count)
    throw new RangeError(`message ${index} of ${count}`);
  return octets.subarray(offsets[index], offsets[index + 1]);
}
