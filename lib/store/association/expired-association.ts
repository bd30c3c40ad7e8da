import { batches } from '../../batches.ts';
import type { Btid } from '../../gba/btid.ts';
import { isExpired } from '../../gba/lifetime.ts';
import { updateIf } from '../conditional-write.ts';
import { associationKey } from '../item-keys.ts';
import type { KeyStore } from '../key-store.ts';
import type { AssociationState } from './association.ts';

/** Writes that are sent together. */
const WRITES_PER_BATCH = 25;

/**
 * Beyond the key lifetime a MUK may protect one message more: the first of a solicited pull (TS 33.246
 * §6.3.2.2.4 NOTE 1). Recipients whose association is not expired may always be sent theirs, and cost
 * nothing. For each expired association, a conditional write claims the one use before anything is sent, so
 * that only one solicited pull has it. The same pull may claim it again: another sender repeats a page whose
 * sender has died.
 * @param pullId the push ID of a solicited pull; undefined: a push of MSKs, which never uses an expired MUK
 * @param now ms since the epoch
 */
export async function claimUsesOfExpiredMuk<
  T extends { readonly association: Pick<AssociationState, 'btid' | 'expiresAt' | 'lastPullId'> },
>(
  store: KeyStore,
  recipients: readonly T[],
  pullId: string | undefined,
  now: number,
): Promise<{ may: T[]; mayNot: T[] }> {
  const expired = recipients.filter(({ association }) => isExpired(association.expiresAt, now));
  const refused = new Set(expired);
  if (pullId !== undefined)
    for (const batch of batches(expired, WRITES_PER_BATCH)) {
      const claims = batch.map(async (recipient) => {
        const { btid, lastPullId } = recipient.association;
        if (lastPullId === pullId || (lastPullId === undefined && (await claim(store, btid, pullId))))
          refused.delete(recipient);
      });
      await Promise.all(claims);
    }
  return { may: recipients.filter((recipient) => !refused.has(recipient)), mayNot: [...refused] };
}

/** @returns false when another solicited pull has the use, or TTL has deleted the association meanwhile */
function claim(store: KeyStore, btid: Btid, pullId: string): Promise<boolean> {
  return updateIf(store, associationKey(btid), {
    update: 'SET lastPullId = :pullId',
    condition: 'attribute_exists(pk) AND (attribute_not_exists(lastPullId) OR lastPullId = :pullId)',
    values: { ':pullId': { S: pullId } },
  });
}
