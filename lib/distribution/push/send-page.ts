import { mskId } from '../../keys/msk-id.ts';
import { findMsk, loadKeyGroup } from '../../store/key-group/key-group.ts';
import type { KeyGroup } from '../../store/key-group/key-group-item.ts';
import type { Push } from '../../store/ledger/push.ts';
import type { PageOutcome } from '../../store/ledger/push-page.ts';
import type { DistributionContext } from '../context.ts';
import type { MessageContent } from '../delivery/message-batch.ts';
import type { RequestedUe } from '../recipients/recipient.ts';
import { findRecipients, type RecipientRule } from '../recipients/recipients.ts';
import { addFailures, type Failures } from './failures.ts';
import { serviceOfChain } from './push-source.ts';

/**
 * Sends the message of a push to the UEs of a page, and waits until each has answered or is given up.
 * @param onMostVerified receives, at most twice, the IMPIs of those that have confirmed, while others are
 * waited for
 * @throws StoreError, DeliveryInterrupted or the SDK's errors
 */
export async function sendPage(
  context: DistributionContext,
  push: Push,
  chain: number,
  ues: readonly RequestedUe[],
  onMostVerified: (verified: readonly string[]) => void,
): Promise<PageOutcome> {
  const { store, delivery } = context;
  const { keyDomainId, mskId, pushId, pacing } = push;
  const group = await loadKeyGroup(store, { keyDomainId, keyGroup: mskId.keyGroup });
  const content = group && contentOf(context, push, group);
  if (group === undefined || content === undefined) return unknownMsk(ues);
  const rule = ruleOf(context, push, chain, group);
  const { recipients, refused } = await findRecipients(store, ues, rule);
  const outcome = await delivery.deliver({ lane: pushId, content, pacing, recipients, onMostVerified });
  const failed: Failures = {};
  for (const [reason, impis] of Object.entries(outcome.failed)) addFailures(failed, reason, impis);
  for (const { impi, reason } of refused) addFailures(failed, reason, [impi]);
  return { ...outcome, failed };
}

/** undefined: the MSK does not exist, or no more. */
function contentOf(context: DistributionContext, push: Push, group: KeyGroup): MessageContent | undefined {
  const { keyDomainId } = push;
  if (push.kind === 'solicited-pull')
    return { kind: 'solicited-pull', keyDomainId, keyGroup: group.keyGroup };
  const msk = findMsk(group, push.mskId.keyNumber);
  if (msk === undefined) return undefined;
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
  group: KeyGroup,
): RecipientRule {
  const ofPush = source.kind === 'services' ? source.services.map(({ serviceId }) => serviceId) : [];
  const services = [...new Set([...ofPush, ...[...group.services].sort()])];
  return {
    services: services.filter((id) => group.services.has(id)),
    onlyOf: serviceOfChain({ source }, chain),
    pullId: kind === 'solicited-pull' ? pushId : undefined,
    now: context.now(),
  };
}

function unknownMsk(ues: readonly RequestedUe[]): PageOutcome {
  const failed: Failures = {};
  if (ues.length > 0)
    addFailures(
      failed,
      'unknown-msk',
      ues.map(({ impi }) => impi),
    );
  return { verified: [], sent: [], failed };
}
