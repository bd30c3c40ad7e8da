import { updatedIf } from '../conditional-write.ts';
import { pushKey } from '../item-keys.ts';
import { putStop } from '../stops.ts';
import type { Table } from '../table.ts';
import { loadPush } from './push.ts';

/** What came of cancelling a push. */
export type Cancellation = 'cancelled' | 'completed' | 'unknown';

/**
 * Cancels a push that is under way: no sender sends another message of it once it has heard, which takes
 * seconds. What was sent stays in the ledger, and the push is completed when its last sender has stopped.
 * Repeatable.
 * @param id any unique text; `now` is ms since the epoch
 */
export async function cancelPush(
  table: Table,
  pushId: string,
  { now, id }: { readonly now: number; readonly id: string },
): Promise<Cancellation> {
  const cancelled = await updatedIf(table, pushKey(pushId), {
    update: 'SET cancelledAt = if_not_exists(cancelledAt, :now)',
    condition: 'attribute_exists(pk) AND attribute_not_exists(completedAt)',
    values: { ':now': { N: String(now) } },
  });
  if (cancelled === undefined) return (await loadPush(table, pushId)) === undefined ? 'unknown' : 'completed';
  await putStop(table, { kind: 'push-cancelled', pushId }, { now, id });
  return 'cancelled';
}
