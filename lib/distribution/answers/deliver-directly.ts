import type { OutgoingEvent } from '../../events/envelope.ts';
import type { EventMetadata } from '../../events/metadata.ts';
import type { KeyDomainId } from '../../keys/key-domain-id.ts';
import { CURRENT_KEY_NUMBER, type MskId, mskId } from '../../keys/msk-id.ts';
import { findMsk, loadKeyGroups, openMsk } from '../../store/key-group/key-group.ts';
import type { KeyGroup } from '../../store/key-group/key-group-item.ts';
import type { PageOutcome } from '../../store/ledger/push-page.ts';
import { loadUserServices } from '../../store/registration/user-service.ts';
import type { DistributionContext } from '../context.ts';
import { outcomeEvents } from '../push/outcome-events.ts';
import type { RequestedUe } from '../recipients/recipient.ts';
import { findRecipients } from '../recipients/recipients.ts';

/** An MSK for one UE; Key Number 0x0: the current one. */
export interface RequestedMsk {
  readonly keyDomainId: KeyDomainId;
  readonly mskId: MskId;
}

/** The send queue of all answers: pushes do not delay them, and they have the sender's pace. */
const SEND_QUEUE = 'answers';

/**
 * Sends MSKs to the one UE that an event is about, waits until it has answered or is given up, and publishes
 * the outcomes. Nothing is written for this UE alone: if the sender ends in the middle, the event comes
 * again, and a UE that gets an MSK twice keeps it once.
 * @throws StoreError, EventError, DeliveryInterrupted or the SDK's errors
 */
export async function deliverDirectly(
  context: DistributionContext,
  ue: RequestedUe,
  msks: readonly RequestedMsk[],
  { correlationId, idempotencyKey }: EventMetadata,
): Promise<void> {
  const groups = await loadKeyGroups(
    context.store,
    msks.map(({ keyDomainId, mskId: { keyGroup } }) => ({ keyDomainId, keyGroup })),
  );
  const events = await Promise.all(
    msks.map(async (requested, index): Promise<OutgoingEvent[]> => {
      const { keyDomainId } = requested;
      const group = groups(keyDomainId, requested.mskId.keyGroup);
      const { sentId, outcome } = await deliverMsk(context, ue, requested, group);
      const about = {
        pushId: idempotencyKey,
        kind: 'msk',
        keyDomainId,
        mskId: sentId,
        correlationId,
      } as const;
      context.onPage(outcome);
      context.journal.add(about, outcome);
      return outcomeEvents(context, about, `${idempotencyKey}/${index}`, outcome);
    }),
  );
  await context.publish(events.flat());
}

/**
 * Sends one MSK to one UE. `sentId` names the MSK that was sent: the current one in place of one that has
 * expired.
 */
async function deliverMsk(
  { store, delivery, now, verification }: DistributionContext,
  ue: RequestedUe,
  { keyDomainId, mskId: requested }: RequestedMsk,
  group: KeyGroup | undefined,
): Promise<{ sentId: MskId; outcome: PageOutcome }> {
  const failed = (sentId: MskId, reason: string) => ({
    sentId,
    outcome: { verified: [], sent: [], failed: { [reason]: [ue.impi] } },
  });
  // An MSK may expire between the grant and now.
  const msk = findMsk(group, requested.keyNumber) ?? findMsk(group, CURRENT_KEY_NUMBER);
  if (group === undefined || msk === undefined) return failed(requested, 'unknown-msk');
  const sentId = mskId(requested.keyGroup, msk.keyNumber);
  const rule = { services: [...group.services], now: now() };
  const { recipients, refused } = await findRecipients(store, [ue], rule);
  const [refusal] = refused;
  if (refusal !== undefined) return failed(sentId, refusal.reason);
  const opened = openMsk(msk);
  if (opened === 'corrupt-item') return failed(sentId, opened);
  const content = { kind: 'msk', keyDomainId, mskId: sentId, msk: opened, verification } as const;
  const outcome = await delivery.deliver({ sendQueue: SEND_QUEUE, content, pacing: {}, recipients });
  return { sentId, outcome };
}

/**
 * The MSKs for a UE that has registered to User Services: the current MSK of each of their Key Groups, and
 * the prepared one, which was pushed before the UE registered. Each Key Group counts once.
 */
export async function msksAtRegistration(
  context: DistributionContext,
  serviceIds: readonly string[],
): Promise<readonly RequestedMsk[]> {
  const services = await loadUserServices(context.store, serviceIds);
  const refs = [...services.values()].flatMap(({ keyGroups }) => keyGroups);
  const distinct = new Map(refs.map((ref) => [`${ref.keyDomainId}/${ref.keyGroup}`, ref]));
  const groups = await loadKeyGroups(context.store, [...distinct.values()]);
  return [...distinct.values()].flatMap(({ keyDomainId, keyGroup }) => {
    const prepared = groups(keyDomainId, keyGroup)?.prepared;
    const keyNumbers = [CURRENT_KEY_NUMBER, ...(prepared === undefined ? [] : [prepared.keyNumber])];
    return keyNumbers.map((keyNumber) => ({ keyDomainId, mskId: mskId(keyGroup, keyNumber) }));
  });
}
