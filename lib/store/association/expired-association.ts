import { ConditionalCheckFailedException, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import type { Btid } from '../../gba/btid.ts';
import { isExpired } from '../../gba/lifetime.ts';
import { associationKey } from '../item-keys.ts';
import type { KeyStore } from '../key-store.ts';
import { keyOf } from '../table.ts';
import type { AssociationState } from './association.ts';

/** Writes under way at once. */
const WRITES_AT_ONCE = 25;

/**
 * Beyond the key lifetime a MUK may protect one message more: the first of a solicited pull (TS 33.246 §6.3.2.2.4
 * NOTE 1). Tells which of the recipients of the push `pullId` may have it, and of a push of MSKs, which has no
 * `pullId`, that none of these may. Recipients whose association is not expired cost nothing; for each that is, a
 * conditional write takes the one use before anything is sent, so that no other solicited pull has it, whoever
 * sends. The same one has it again: it goes on where a sender has ended before it sent. `now` is ms since the epoch.
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
  for (let start = 0; pullId !== undefined && start < expired.length; start += WRITES_AT_ONCE) {
    const claims = expired.slice(start, start + WRITES_AT_ONCE).map(async (recipient) => {
      const { btid, lastPullId } = recipient.association;
      if (lastPullId === pullId || (lastPullId === undefined && (await claim(store, btid, pullId))))
        refused.delete(recipient);
    });
    await Promise.all(claims);
  }
  return { may: recipients.filter((recipient) => !refused.has(recipient)), mayNot: [...refused] };
}

/** False when another solicited pull has the use, or TTL has deleted the association meanwhile. */
async function claim(store: KeyStore, btid: Btid, pullId: string): Promise<boolean> {
  try {
    await store.dynamodb.send(
      new UpdateItemCommand({
        TableName: store.tableName,
        Key: keyOf(associationKey(btid)),
        UpdateExpression: 'SET lastPullId = :pullId',
        ConditionExpression:
          'attribute_exists(pk) AND (attribute_not_exists(lastPullId) OR lastPullId = :pullId)',
        ExpressionAttributeValues: { ':pullId': { S: pullId } },
      }),
    );
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}
