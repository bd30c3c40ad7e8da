import { mskId } from '../../keys/msk-id.ts';
import { findMsk, loadKeyGroup } from '../../store/key-group/key-group.ts';
import { claimPage, extendClaim, noteVerified, releasePage } from '../../store/ledger/page-claim.ts';
import { claimProgressReport, completePush, type Push } from '../../store/ledger/push.ts';
import { countPage, loadTotals } from '../../store/ledger/push-chain.ts';
import { type PageOutcome, putOutcome } from '../../store/ledger/push-page.ts';
import { type DistributionContext, DONE, type WorkResult } from '../context.ts';
import type { MessageContent } from '../delivery/message-batch.ts';
import { findRecipients, type WantedUe } from '../recipients/recipients.ts';
import { factsOfPage, progressOf } from './facts.ts';
import { addFailures, type Failures } from './failures.ts';
import { nextPage, pageBetween, serviceOfChain } from './push-source.ts';
import { patiently } from './retry.ts';
import type { WorkUnit } from './work.ts';

/** A page is left to others for so long when this sender has enough to send for the push, in ms. */
const LATER_MS = 1000;
/**
 * A page of a slow push has as many UEs as its pace sends in so many s: who is registered, where, and until when its
 * keys are good is read for the whole page before its first message.
 */
const PAGE_LASTS_S = 60;

/**
 * One page of a push, from the queue to the ledger: its bounds are claimed, the next page is handed on, its UEs are
 * sent their messages and waited for, and the outcome is written, counted and told, each of them once however
 * often the unit comes.
 * @throws StoreError, EventError, DeliveryInterrupted or the SDK's errors; the unit is then to come again
 */
export async function runPage(context: DistributionContext, push: Push, unit: WorkUnit): Promise<WorkResult> {
  const { store, leaseMs } = context;
  // Its own for each time that the unit comes: it may come twice to one sender.
  const holder = `${context.senderId}/${Buffer.from(context.randomOctets(8)).toString('hex')}`;
  const { chain, after } = unit;
  if (context.delivery.hasEnough(push.pushId)) return { kind: 'later', afterMs: LATER_MS };
  const page = await nextPage(store, push, chain, { after, limit: limitOf(context, push) });
  const now = context.now();
  const claim = await claimPage(store, unit, page.end, {
    sender: holder,
    now,
    leaseMs,
    startedAt: push.startedAt,
  });
  if (claim.kind === 'held') return { kind: 'later', afterMs: claim.until - now };
  if (claim.kind === 'done') {
    const { outcome, end } = claim.page;
    if (outcome !== undefined) await settle(context, push, { ...unit, end }, outcome);
    return DONE;
  }
  // A slow pace or a long spread may outlast the claim.
  const holding = setInterval(
    () => extendClaim(store, unit, holder, context.now() + leaseMs).catch(() => {}),
    leaseMs / 3,
  );
  try {
    const { end } = claim;
    // First of all, so that many senders work at a push; repeated, it is the same unit.
    if (end !== undefined) await context.handOn([{ ...unit, page: unit.page + 1, after: end }]);
    const ues = end === page.end ? page.ues : await pageBetween(store, push, chain, { after, end });
    const known = new Set(claim.verified);
    const left = known.size === 0 ? ues : ues.filter(({ impi }) => !known.has(impi));
    const sent = await send(context, push, chain, left, (verified) => {
      // Without it, more UEs are sent the MSK again if this sender dies.
      noteVerified(store, unit, holder, [...known, ...verified]).catch(() => {});
    });
    context.onPage(sent);
    const whole = { ...sent, verified: [...known, ...sent.verified] };
    // All its UEs would be sent the MSK again.
    const outcome = await patiently(context.patience, () => putOutcome(store, unit, whole));
    await settle(context, push, { ...unit, end }, outcome);
    return DONE;
  } catch (error) {
    // Another sender may go on at once; where even that fails, the claim runs out by itself.
    await releasePage(store, unit, holder).catch(() => {});
    throw error;
  } finally {
    clearInterval(holding);
  }
}

/** Tells that a push is through, when it is: also one that has nobody to send to, or whose last page could not tell. */
export async function completeIfThrough(context: DistributionContext, push: Push): Promise<void> {
  const totals = await loadTotals(context.store, push);
  if (!totals.isComplete) return;
  await completePush(context.store, push.pushId, context.now());
  await context.publish([progressOf(context, 'MSK Push Completed', push, totals)]);
}

async function send(
  context: DistributionContext,
  push: Push,
  chain: number,
  ues: readonly WantedUe[],
  onMostVerified: (verified: readonly string[]) => void,
): Promise<PageOutcome> {
  const { store } = context;
  const { keyDomainId, pushId, pacing } = push;
  const group = await loadKeyGroup(store, { keyDomainId, keyGroup: push.mskId.keyGroup });
  const msk = findMsk(group, push.mskId.keyNumber);
  if (group === undefined || (push.kind === 'msk' && msk === undefined))
    return {
      verified: [],
      sent: [],
      failed: ues.length === 0 ? {} : { 'unknown-msk': ues.map(({ impi }) => impi) },
    };
  const onlyOf = serviceOfChain(push, chain);
  const { recipients, unserved } = await findRecipients(store, ues, {
    // The order of the push, and those added since: a UE that is registered to both belongs to the former.
    services: [...new Set([...servicesOf(push), ...[...group.services].sort()])].filter((id) =>
      group.services.has(id),
    ),
    onlyOf,
    pullId: push.kind === 'solicited-pull' ? pushId : undefined,
    now: context.now(),
  });
  const content: MessageContent =
    push.kind === 'msk' && msk !== undefined
      ? {
          kind: 'msk',
          keyDomainId,
          mskId: mskId(group.keyGroup, msk.keyNumber),
          msk,
          verification: push.verification ?? context.verification,
        }
      : { kind: 'solicited-pull', keyDomainId, keyGroup: group.keyGroup };
  const outcome = await context.delivery.deliver({
    lane: pushId,
    content,
    pacing,
    recipients,
    onMostVerified,
  });
  const failed: Failures = {};
  for (const [reason, impis] of Object.entries(outcome.failed)) addFailures(failed, reason, impis);
  for (const { impi, reason } of unserved) addFailures(failed, reason, [impi]);
  return { ...outcome, failed };
}

/** Counts and tells a page that is through; repeated, it counts once and tells the same. */
async function settle(
  context: DistributionContext,
  push: Push,
  page: WorkUnit & { readonly end: string | undefined },
  outcome: PageOutcome,
): Promise<void> {
  const isChainThrough = await countPage(context.store, page, outcome, push.startedAt);
  const { pushId, chain } = page;
  await context.publish(factsOfPage(context, push, `${pushId}/${chain}/${page.page}`, outcome));
  if (isChainThrough) await completeIfThrough(context, push);
  else if (
    context.isProgressDue(pushId) &&
    (await claimProgressReport(context.store, pushId, context.now(), context.progressEveryMs))
  )
    await context.publish([
      progressOf(context, 'MSK Push Progressed', push, await loadTotals(context.store, push)),
    ]);
}

function limitOf({ pageUes }: DistributionContext, { pacing: { perSecond } }: Push): number {
  return perSecond === undefined ? pageUes : Math.min(pageUes, Math.ceil(perSecond * PAGE_LASTS_S));
}

function servicesOf({ source }: Push): readonly string[] {
  return source.kind === 'services' ? source.services.map(({ serviceId }) => serviceId) : [];
}
