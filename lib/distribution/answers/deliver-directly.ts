import type { EventMetadata } from '../../events/envelope.ts';
import type { KeyDomainId } from '../../keys/key-domain-id.ts';
import { CURRENT_KEY_NUMBER, type MskId, mskId } from '../../keys/msk-id.ts';
import { findMsk, loadKeyGroups } from '../../store/key-group/key-group.ts';
import type { PageOutcome } from '../../store/ledger/push-page.ts';
import { loadUserServices } from '../../store/registration/user-service.ts';
import type { DistributionContext } from '../context.ts';
import { factsOfPage } from '../push/facts.ts';
import { findRecipients, type WantedUe } from '../recipients/recipients.ts';

/** An MSK that one UE is to have; Key Number 0x0: the current one. */
export interface WantedMsk {
  readonly keyDomainId: KeyDomainId;
  readonly mskId: MskId;
}

/** All that answers single UEs goes out side by side with pushes, at the pace of the sender. */
const LANE = 'answers';

/**
 * Sends MSKs to the one UE that an event is about, waits for it, and tells. Nothing is written for it alone: the event comes
 * again when this sender ends in the middle, and a UE that gets an MSK twice keeps it once.
 * @throws StoreError, EventError, DeliveryInterrupted or the SDK's errors
 */
export async function deliverDirectly(
  context: DistributionContext,
  ue: WantedUe,
  wanted: readonly WantedMsk[],
  { correlationId, idempotencyKey }: EventMetadata,
): Promise<void> {
  const groups = await loadKeyGroups(
    context.store,
    wanted.map(({ keyDomainId, mskId: { keyGroup } }) => ({ keyDomainId, keyGroup })),
  );
  const facts = await Promise.all(
    wanted.map(async ({ keyDomainId, mskId: asked }, index) => {
      const group = groups(keyDomainId, asked.keyGroup);
      // Expired since the UE was told that it gets it: the current one has taken its place.
      const msk = findMsk(group, asked.keyNumber) ?? findMsk(group, CURRENT_KEY_NUMBER);
      const id = msk === undefined ? asked : mskId(asked.keyGroup, msk.keyNumber);
      const about = { pushId: idempotencyKey, kind: 'msk', keyDomainId, mskId: id, correlationId } as const;
      const step = `${idempotencyKey}/${index}`;
      const told = (outcome: PageOutcome) => {
        context.onPage(outcome);
        context.journal.add(about, outcome);
        return factsOfPage(context, about, step, outcome);
      };
      const failed = (reason: string) => told({ verified: [], sent: [], failed: { [reason]: [ue.impi] } });
      if (group === undefined || msk === undefined) return failed('unknown-msk');
      const { recipients, unserved } = await findRecipients(context.store, [ue], {
        services: [...group.services],
        now: context.now(),
      });
      const [refused] = unserved;
      if (refused !== undefined) return failed(refused.reason);
      const { verification } = context;
      const content = { kind: 'msk', keyDomainId, mskId: id, msk, verification } as const;
      const outcome = await context.delivery.deliver({ lane: LANE, content, pacing: {}, recipients });
      return told(outcome);
    }),
  );
  await context.publish(facts.flat());
}

/**
 * What a UE that has registered to User Services is sent: of each of their Key Groups, once, the current MSK, and the
 * one that is prepared, for it was pushed before the UE was there.
 */
export async function msksAtRegistration(
  context: DistributionContext,
  serviceIds: readonly string[],
): Promise<readonly WantedMsk[]> {
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
