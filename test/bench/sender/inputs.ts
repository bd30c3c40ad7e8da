import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { nafId } from '../../../lib/gba/naf-id.ts';
import { parseKeyDomainId } from '../../../lib/keys/key-domain-id.ts';
import { SecretKey } from '../../../lib/keys/secret-key.ts';
import {
  buildMskMessages,
  type MessageBatch,
  type MskPush,
  type MskRecipient,
  octetsOfUeId,
} from '../../../lib/mikey/message/msk-batch.ts';
import { encodeVerificationMessage } from '../../../lib/mikey/message/verification.ts';
import { templateOf } from '../../../lib/native/msk-message-template.ts';

/**
 * UEs that differ; a longer push goes through them again. Few enough to stay in the processor's cache, as a
 * page that was just read and opened does.
 */
export const UES = 2048;

/** Octets kept for an IDr in the file of inputs. */
const MAX_ID = 64;

/** Octets that look random and are the same for every contender. */
function octetsOf(name: string, length: number): Buffer {
  return createHash('shake256', { outputLength: length }).update(name).digest();
}

export const NAF_FQDN = 'bmsc.mbms.mnc001.mcc001.pub.3gppnetwork.org';

/** The push: names as operators give them, messages of about 220 octets. */
export const PUSH: MskPush = {
  keyDomainId: parseKeyDomainId('00f110'),
  mskId: { keyGroup: 1, keyNumber: 2 },
  msk: new SecretKey(octetsOf('MSK', 16)),
  validity: { seql: 0x0010, sequ: 0x0fff },
  bmscId: nafId(NAF_FQDN),
  verificationRequested: true,
};

/** A UE; a few B-TIDs are shorter than the others. */
export function recipientOf(index: number): MskRecipient {
  const octets = octetsOf(`UE ${index}`, 72);
  const domain = index % 16 === 0 ? 'bsf.home1.net' : 'bsf.mnc001.mcc001.pub.3gppnetwork.org';
  return {
    muk: new SecretKey(octets.subarray(0, 32)),
    rand: octets.subarray(32, 48),
    csbId: index,
    counter: octets.readUInt32LE(48),
    ueId: `${octets.subarray(52, 68).toString('base64')}@${domain}`,
  };
}

/** Writes what `limit.c` reads: template, UEs, messages as they must be, and the UEs' answers. */
export function writeInputs(path: string, recipients: readonly MskRecipient[], expected: MessageBatch): void {
  const { prefix, counterAt, randAt, suffix, keyData } = templateOf(PUSH);
  const words = (...values: number[]) => Buffer.from(Uint32Array.from(values).buffer);
  const { octets, offsets, count } = expected;
  const answers = recipients.map(answerOf);
  const answerOffsets = [0];
  for (const { length } of answers) answerOffsets.push((answerOffsets.at(-1) ?? 0) + length);
  writeFileSync(
    path,
    Buffer.concat([
      words(count, prefix.length, counterAt, randAt, suffix.length, keyData.length, octets.length),
      prefix,
      suffix,
      keyData,
      ...recipients.flatMap(({ muk, rand, csbId, counter, ueId }) => [
        muk.exposeOctets(),
        rand,
        words(csbId, counter, ueId.length),
        octetsOfUeId(ueId),
        Buffer.alloc(MAX_ID - ueId.length),
      ]),
      words(...offsets),
      octets,
      words(PUSH.bmscId.length, answerOffsets.at(-1) ?? 0),
      PUSH.bmscId,
      words(...answerOffsets),
      ...answers,
    ]),
  );
}

/** The verification message of a UE, by the reference. */
function answerOf({ ueId, ...sent }: MskRecipient): Uint8Array {
  return encodeVerificationMessage({ ...sent, bmscId: PUSH.bmscId, ueId: octetsOfUeId(ueId) });
}

/** The UEs and, by the plain builder, their messages. */
export function makeInputs(): { recipients: readonly MskRecipient[]; expected: MessageBatch } {
  const recipients = Array.from({ length: UES }, (_, index) => recipientOf(index));
  return { recipients, expected: buildMskMessages(PUSH, recipients) };
}
