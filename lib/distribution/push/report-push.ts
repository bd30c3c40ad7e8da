import { claimProgressReport, completePush, type Push } from '../../store/ledger/push.ts';
import { loadTotals } from '../../store/ledger/push-chain.ts';
import type { DistributionContext } from '../context.ts';
import { progressEvent } from './outcome-events.ts';

/**
 * Publishes how far a push has come. Where `isChainCompleted`, it publishes `MSK Push Completed` if no other
 * chain has a page left; a push without chains is completed as well. Else it publishes `MSK Push Progressed`,
 * if this sender's turn has come.
 * @throws StoreError, EventError or the SDK's errors
 */
export async function reportPush(
  context: DistributionContext,
  push: Push,
  { isChainCompleted }: { readonly isChainCompleted: boolean },
): Promise<void> {
  if (!isChainCompleted && !(await isProgressDue(context, push))) return;
  const totals = await loadTotals(context.store, push);
  if (!isChainCompleted)
    return context.publish([progressEvent(context, 'MSK Push Progressed', push, totals)]);
  if (!totals.isComplete) return;
  await completePush(context.store, push.pushId, context.now());
  await context.publish([progressEvent(context, 'MSK Push Completed', push, totals)]);
}

/** Asks the ledger only when this sender has not asked for a while: one of all senders gets the turn. */
async function isProgressDue(context: DistributionContext, { pushId }: Push): Promise<boolean> {
  const { store, progressEveryMs } = context;
  return (
    context.isProgressDue(pushId) &&
    (await claimProgressReport(store, pushId, context.now(), progressEveryMs))
  );
}
