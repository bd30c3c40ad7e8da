import type { SecretKey } from '../../keys/secret-key.ts';
import { encodeMskMessage, type MskMessageInput, type MukAddressing } from './msk.ts';

/** What all messages of a push have in common: the MSK, its IDs and validity, the BM-SC, and the layout. */
export type MskPush = Omit<MskMessageInput, keyof MskRecipient>;

/** What differs from UE to UE, see `MukAddressing`. */
export interface MskRecipient extends Pick<MukAddressing, 'rand' | 'csbId' | 'counter'> {
  readonly muk: SecretKey;
  /** IDr: the B-TID of the UE, as octets or as the text that it is. */
  readonly ueId: Uint8Array | string;
}

/** MIKEY messages one after another in one buffer. */
export interface MessageBatch {
  readonly octets: Uint8Array;
  /** Where each message starts, and where the last one ends: count + 1 of them. */
  readonly offsets: Uint32Array;
  readonly count: number;
}

/**
 * Makes one MSK message (TS 33.246 §6.4.5.1) for each recipient, in their order. The octets stand until the
 * next call of the same builder, which may use the buffer again.
 * @throws MikeyError `bad-value`, as `encodeMskMessage` does; then there is no message for anybody
 */
export type BuildMskMessages = (push: MskPush, recipients: readonly MskRecipient[]) => MessageBatch;

/** One message after another by `encodeMskMessage`: the reference for every faster builder. */
export const buildMskMessagesPlainly: BuildMskMessages = (push, recipients) => {
  const messages = recipients.map((recipient) => {
    return encodeMskMessage({ ...push, ...recipient, ueId: octetsOfUeId(recipient.ueId) });
  });
  const offsets = new Uint32Array(messages.length + 1);
  for (const [index, { length }] of messages.entries()) offsets[index + 1] = (offsets[index] ?? 0) + length;
  return { octets: Buffer.concat(messages), offsets, count: messages.length };
};

/** The octets of an IDr, UTF-8 where it is a text. */
export function octetsOfUeId(ueId: Uint8Array | string): Uint8Array {
  return typeof ueId === 'string' ? Buffer.from(ueId) : ueId;
}

/** The octets of one message of a batch; not a copy. @throws RangeError when there is no such message */
export function messageOf({ octets, offsets, count }: MessageBatch, index: number): Uint8Array {
  if (!Number.isInteger(index) || index < 0 || index >= count)
    throw new RangeError(`message ${index} of ${count}`);
  return octets.subarray(offsets[index], offsets[index + 1]);
}
