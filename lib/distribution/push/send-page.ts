import { mskId } from '../../keys/msk-id.ts';
import { findMsk, loadKeyGroup, openMsk } from '../../store/key-group/key-group.ts';
import type { KeyGroup } from '../../store/key-group/key-group-item.ts';
import type { Push } from '../../store/ledger/push.ts';
import type { PageOutcome } from '../../store/ledger/push-page.ts';
import type { DistributionContext } from '../context.ts';
import type { MessageContent } from '../delivery/message-batch.ts';
import type { DeliveryFailure } from '../errors.ts';
import type { RefusedUe, RequestedUe } from '../recipients/recipient.ts';
import { findRecipients, type RecipientRule } from '../recipients/recipients.ts';
import { addFailures, type Failures } from './failures.ts';
import { serviceOfChain } from './push-source.ts';

/** A page whose messages are going out. */
export interface PageSending {
  /** Resolves when each UE has answered or is given up. */
  readonly outcome: Promise<PageOutcome>;
}

/**
 * Reads what the UEs of a page need, and begins to send them the message of a push. It ends before answers
 * come, so that nothing of what it has read is kept while UEs are waited for: a delivery keeps its own, in a
 * third of the memory.
 * @param onVerifiedSoFar receives, mostly once, the IMPIs of those that have confirmed, while others are
 * waited for
 * @throws StoreError, DeliveryInterrupted or the SDK's errors
 */
export async function beginPage(
  context: DistributionContext,
  push: Push,
  chain: number,
  ues: readonly RequestedUe[],
  onVerifiedSoFar: (verified: readonly string[]) => void,
): Promise<PageSending> {
  const { store, delivery } = context;
  const { keyDomainId, mskId, pushId, pacing } = push;
  const group = await loadKeyGroup(store, { keyDomainId, keyGroup: mskId.keyGroup });
  const content = (group && contentOf(context, push, group)) ?? 'unknown-msk';
  const rule = ruleOf(context, push, chain, group);
  // Also where nobody gets anything: a UE of several User Services stands on several chains, and counts once.
  const { recipients, refused } = await findRecipients(store, ues, rule);
  if (typeof content === 'string') return ended(withRefused(allFailed(content, recipients), refused));
  const sending = delivery.deliver({ sendQueue: pushId, content, pacing, recipients, onVerifiedSoFar });
  return { outcome: sending.then((outcome) => withRefused(outcome, refused)) };
}

function ended(outcome: PageOutcome): PageSending {
  return { outcome: Promise.resolve(outcome) };
}

function withRefused(outcome: PageOutcome, refused: readonly RefusedUe[]): PageOutcome {
  const failed: Failures = {};
  for (const [reason, impis] of Object.entries(outcome.failed)) addFailures(failed, reason, impis);
  for (const { impi, reason } of refused) addFailures(failed, reason, [impi]);
  return { ...outcome, failed };
}

/**
 * undefined: the MSK does not exist, or no more. `corrupt-item`: it was changed in the table, and nobody gets
 * it.
 */
function contentOf(
  context: DistributionContext,
  push: Push,
  group: KeyGroup,
): MessageContent | 'corrupt-item' | undefined {
  const { keyDomainId } = push;
  if (push.kind === 'solicited-pull')
    return { kind: 'solicited-pull', keyDomainId, keyGroup: group.keyGroup };
  const sealed = findMsk(group, push.mskId.keyNumber);
  if (sealed === undefined) return undefined;
  const msk = openMsk(sealed);
  if (msk === 'corrupt-item') return msk;
  const verification = push.verification ?? context.verification;
  return { kind: 'msk', keyDomainId, mskId: mskId(group.keyGroup, msk.keyNumber), msk, verification };
}

/**
 * The User Services in the order of the push, and then those added to the Key Group since: a UE that is
 * registered to both kinds belongs to the former.
 */
function ruleOf(
  context: DistributionContext,
  { source, kind, pushId }: Push,
  chain: number,
  group: KeyGroup | undefined,
): RecipientRule {
  const ofPush = source.kind === 'services' ? source.services.map(({ serviceId }) => serviceId) : [];
  const services = [...new Set([...ofPush, ...[...(group?.services ?? [])].sort()])];
  return {
    services: services.filter((id) => group === undefined || group.services.has(id)),
    onlyOf: serviceOfChain({ source }, chain),
    pullId: kind === 'solicited-pull' && group !== undefined ? pushId : undefined,
    now: context.now(),
  };
}

function allFailed(reason: DeliveryFailure, recipients: readonly RequestedUe[]): PageOutcome {
  const failed: Failures = {};
  const impis = recipients.map(({ impi }) => impi);
  if (impis.length > 0) addFailures(failed, reason, impis);
  return { verified: [], sent: [], failed };
}
