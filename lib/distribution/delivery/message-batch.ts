import type { Btid } from '../../gba/btid.ts';
import { nafId } from '../../gba/naf-id.ts';
import type { KeyDomainId } from '../../keys/key-domain-id.ts';
import type { MskId } from '../../keys/msk-id.ts';
import { randOfMsk } from '../../keys/msk-rand.ts';
import { encodeSolicitedPullMessage, octetsOfUeId } from '../../mikey/index.ts';
import type { MessageBatch, MskMessageBuilder, MskRecipient } from '../../mikey/message/msk-batch.ts';
import type { StoredMsk } from '../../store/key-group/key-group-item.ts';

/** What every UE of a page is sent. */
export type MessageContent =
  | {
      readonly kind: 'msk';
      readonly keyDomainId: KeyDomainId;
      readonly mskId: MskId;
      readonly msk: StoredMsk;
      /** The V-bit. */
      readonly verification: boolean;
    }
  | { readonly kind: 'solicited-pull'; readonly keyDomainId: KeyDomainId; readonly keyGroup: number };

/** The kinds of RANDs that MSK messages may have. */
export const MSK_RANDS = ['per-msk', 'per-message'] as const;

/** How the RANDs of MSK messages are chosen. */
export type MskRand = (typeof MSK_RANDS)[number];

/** The RAND that belongs to the MSK which is sent, 16 octets; undefined where none is. */
export function randOfContent(content: MessageContent): Uint8Array | undefined {
  return content.kind === 'msk' ? randOfMsk(content.keyDomainId, content.mskId, content.msk.msk) : undefined;
}

/** Octets of an MSK message beside the two names in it (TS 33.246 §6.4.5.1): the empty CS ID map, no SP. */
const FIXED_OCTETS = 108;

/** The octets of an MSK message to a UE. */
export function mskMessageOctets(nafFqdn: string, btid: Btid): number {
  return FIXED_OCTETS + nafId(nafFqdn).length + btid.length;
}

/**
 * Makes a message for each recipient, in their order. `build` makes MSK messages: they are valid until its
 * next call.
 * @throws MikeyError `bad-value`
 */
export function makeMessages(
  build: MskMessageBuilder,
  content: MessageContent,
  recipients: readonly MskRecipient[],
  bmscId: Uint8Array,
): MessageBatch {
  const { keyDomainId } = content;
  if (content.kind === 'solicited-pull') {
    const { keyGroup } = content;
    return joined(
      recipients.map((each) => {
        const ueId = octetsOfUeId(each.ueId);
        return encodeSolicitedPullMessage({ ...each, ueId, bmscId, keyDomainId, keyGroup });
      }),
    );
  }
  const { mskId, verification } = content;
  const { msk, validity } = content.msk;
  return build(
    { keyDomainId, mskId, msk, validity, verificationRequested: verification, bmscId },
    recipients,
  );
}

function joined(messages: readonly Uint8Array[]): MessageBatch {
  const offsets = new Uint32Array(messages.length + 1);
  for (const [index, { length }] of messages.entries()) offsets[index + 1] = (offsets[index] ?? 0) + length;
  return { octets: Buffer.concat(messages), offsets, count: messages.length };
}
