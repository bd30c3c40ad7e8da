import { nafId } from '../gba/naf-id.ts';
import type { KeyDomainId } from '../keys/key-domain-id.ts';
import type { MskId } from '../keys/msk-id.ts';
import type { BuildMskMessages, MessageBatch } from '../mikey/batch/msk-messages.ts';
import { encodeMskMessage, encodeSolicitedPullMessage, type MukAddressing } from '../mikey/index.ts';
import type { StoredMsk } from '../store/key-group.ts';
import type { Recipient } from './recipient.ts';

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

/** What makes a message unique under its MUK. */
export interface MessageStamp {
  /** 32 bits */
  readonly csbId: number;
  /** 16 octets */
  readonly rand: Uint8Array;
  /** 32 bits */
  readonly counter: number;
}

/** What binds a message of ours to its UE and its moment. */
export function addressingOf(recipient: Recipient, stamp: MessageStamp, nafFqdn: string): MukAddressing {
  return { ...stamp, muk: recipient.muk, bmscId: nafId(nafFqdn), ueId: Buffer.from(recipient.btid) };
}

/** One message. @throws MikeyError `bad-value`, StoreError `corrupt-item` when the MSK was changed in the table */
export function encodeMessage(
  content: MessageContent,
  recipient: Recipient,
  stamp: MessageStamp,
  nafFqdn: string,
): Uint8Array {
  const addressing = addressingOf(recipient, stamp, nafFqdn);
  const { keyDomainId } = content;
  if (content.kind === 'solicited-pull')
    return encodeSolicitedPullMessage({ ...addressing, keyDomainId, keyGroup: content.keyGroup });
  const { mskId, msk, verification } = content;
  return encodeMskMessage({
    ...addressing,
    keyDomainId,
    mskId,
    msk: msk.msk,
    validity: msk.validity,
    verificationRequested: verification,
  });
}

/** The MSK messages of several UEs in one buffer. @throws MikeyError `bad-value`, StoreError `corrupt-item` */
export function encodeMskBatch(
  content: Extract<MessageContent, { kind: 'msk' }>,
  recipients: readonly { readonly recipient: Recipient; readonly stamp: MessageStamp }[],
  nafFqdn: string,
  build: BuildMskMessages,
): MessageBatch {
  const { keyDomainId, mskId, msk, verification } = content;
  return build(
    {
      keyDomainId,
      mskId,
      msk: msk.msk,
      validity: msk.validity,
      verificationRequested: verification,
      bmscId: nafId(nafFqdn),
    },
    recipients.map(({ recipient, stamp }) => ({
      ...stamp,
      muk: recipient.muk,
      ueId: Buffer.from(recipient.btid),
    })),
  );
}
