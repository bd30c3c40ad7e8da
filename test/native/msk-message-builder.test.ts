import { describe, expect, it } from 'vitest';
import {
  encodeMskMessage,
  type MskPush,
  type MskRecipient,
  messageOf,
  octetsOfUeId,
} from '../../lib/mikey/index.ts';
import { buildMskMessages } from '../../lib/mikey/message/msk-batch.ts';
import { ADDRESSING, DOMAIN, MSK, MSK_ID, VALIDITY } from '../mikey/messages.ts';

const { bmscId, ...recipient } = ADDRESSING;
const push: MskPush = {
  bmscId,
  keyDomainId: DOMAIN,
  mskId: MSK_ID,
  msk: MSK,
  validity: VALIDITY,
  verificationRequested: true,
};

describe('a batch of MSK messages', () => {
  it('holds the message of each recipient in order', () => {
    const recipients: MskRecipient[] = ['a@b', '', 'longer@bsf.home1.net'].map((ueId, index) => ({
      ...recipient,
      counter: index,
      ueId: index === 0 ? ueId : Buffer.from(ueId),
    }));
    const batch = buildMskMessages(push, recipients);
    expect(batch.count).toBe(3);
    expect(batch.offsets).toHaveLength(4);
    for (const [index, each] of recipients.entries()) {
      expect(Buffer.from(messageOf(batch, index))).toEqual(
        Buffer.from(encodeMskMessage({ ...push, ...each, ueId: octetsOfUeId(each.ueId) })),
      );
    }
    expect(() => messageOf(batch, 3)).toThrow(RangeError);
  });

  it('is empty for no recipients', () => {
    expect(buildMskMessages(push, [])).toMatchObject({ count: 0, offsets: new Uint32Array(1) });
  });
});
