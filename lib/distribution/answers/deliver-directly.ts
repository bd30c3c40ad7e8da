import type { OutgoingEvent } from '../../events/envelope.ts';
import type { EventMetadata } from '../../events/metadata.ts';
import type { KeyDomainId } from '../../keys/key-domain-id.ts';
import { CURRENT_KEY_NUMBER, formatMskId, type MskId, mskId } from '../../keys/msk-id.ts';
import { findMsk, loadKeyGroups, openMsk } from '../../store/key-group/key-group.ts';
import type { KeyGroup, SealedMsk } from '../../store/key-group/key-group-item.ts';
import type { PageOutcome } from '../../store/ledger/push-page.ts';
import { loadUserServices } from '../../store/registration/user-service.ts';
import type { DistributionContext } from '../context.ts';
import { mskMessageOctets } from '../delivery/message-batch.ts';
import type { DeliveryFailure } from '../errors.ts';
import type { AnswerToUe } from '../observer.ts';
import { outcomeEvents } from '../push/outcome-events.ts';
import type { Recipient, RequestedUe } from '../recipients/recipient.ts';
import { findRecipientOfEach } from '../recipients/recipients.ts';
import type { AnsweredUe } from './answer-bounds.ts';

/** An MSK for one UE; Key Number 0x0: the current one. */
export interface RequestedMsk {
  readonly keyDomainId: KeyDomainId;
  readonly mskId: MskId;
}

/**
 * The send queue of all answers: pushes do not delay them, they have the sender's pace, and in it UEs take
 * turns.
 */
const SEND_QUEUE = 'answers';

/**
 * Sends MSKs to the one UE that an event is about, waits until it has answered or is given up, and publishes
 * the outcomes. Reads the UE once, however many MSKs. Nothing is written for this UE alone: if the sender
 * ends in the middle, the event comes again, and a UE that gets an MSK twice keeps it once.
 *
 * An MSK that is under way to the UE already is left out: the answer that sends it reports it.
 * @throws StoreError, EventError, DeliveryInterrupted or the SDK's errors
 */
export async function deliverDirectly(
  context: DistributionContext,
  ue: RequestedUe,
  msks: readonly RequestedMsk[],
  { correlationId, idempotencyKey }: EventMetadata,
): Promise<void> {
  const events = await context.answers.during(ue.impi, async (bounds) => {
    const resolved = await resolveMsks(context, msks);
    const services = resolved.map(({ group }) => [...(group?.services ?? [])]);
    const found = await findRecipientOfEach(context.store, ue, services, context.now());
    const pushId = idempotencyKey;
    const aboutOf = ({ keyDomainId, sentId }: ResolvedMsk): AnswerToUe => {
      return { impi: ue.impi, pushId, kind: 'msk', keyDomainId, mskId: sentId, correlationId };
    };
    const startedAt = context.now();
    const outcomes = resolved.map((msk, index) => {
      const recipient = found[index] ?? 'unknown-ue';
      return typeof recipient === 'string' || msk.found === undefined
        ? failed(ue, msk.found === undefined ? 'unknown-msk' : (recipient as DeliveryFailure))
        : deliverMsk(context, bounds, recipient, msk, aboutOf(msk));
    });
    return Promise.all(
      outcomes.map(async (pending, index): Promise<OutgoingEvent[]> => {
        const outcome = await pending;
        const msk = resolved[index];
        if (outcome === undefined || msk === undefined) return [];
        const about = aboutOf(msk);
        context.observer.onAnswer(about, outcome, context.now() - startedAt);
        context.journal.add(about, outcome);
        return outcomeEvents(context, about, `${idempotencyKey}/${msk.index}`, outcome);
      }),
    );
  });
  await context.publish(events.flat());
}

/** A requested MSK as it stands in the table. */
interface ResolvedMsk {
  readonly keyDomainId: KeyDomainId;
  /** The ID of the MSK that is sent: the current one in place of one that has expired. */
  readonly sentId: MskId;
  readonly group: KeyGroup | undefined;
  /** Undefined: there is no such MSK. */
  readonly found: SealedMsk | undefined;
  /** Its position among the requested ones. */
  readonly index: number;
}

/** Reads the Key Groups of MSKs. Each MSK counts once: Key Number 0x0 and its number are the same MSK. */
async function resolveMsks(
  { store }: DistributionContext,
  msks: readonly RequestedMsk[],
): Promise<readonly ResolvedMsk[]> {
  const groups = await loadKeyGroups(
    store,
    msks.map(({ keyDomainId, mskId: { keyGroup } }) => ({ keyDomainId, keyGroup })),
  );
  const resolved = new Map<string, ResolvedMsk>();
  for (const [index, { keyDomainId, mskId: requested }] of msks.entries()) {
    const { keyGroup, keyNumber } = requested;
    const group = groups(keyDomainId, keyGroup);
    // An MSK may expire between the grant and now.
    const found = findMsk(group, keyNumber) ?? findMsk(group, CURRENT_KEY_NUMBER);
    const sentId = found === undefined ? requested : mskId(keyGroup, found.keyNumber);
    const name = `${keyDomainId}/${formatMskId(sentId)}`;
    if (!resolved.has(name)) resolved.set(name, { keyDomainId, sentId, group, found, index });
  }
  return [...resolved.values()];
}

/** Sends one MSK to one UE within its bounds. Undefined: the same message is under way already. */
async function deliverMsk(
  { delivery, verification, nafFqdn, observer, lookForStops }: DistributionContext,
  bounds: AnsweredUe,
  recipient: Recipient,
  { keyDomainId, sentId, found }: ResolvedMsk,
  about: AnswerToUe,
): Promise<PageOutcome | undefined> {
  const { btid, address } = recipient;
  const opened = found === undefined ? 'unknown-msk' : openMsk(found);
  if (typeof opened === 'string') return failed(recipient, opened);
  // A UE that has moved or bootstrapped meanwhile could not take the message that is under way.
  const message = [keyDomainId, formatMskId(sentId), btid, address.address, address.port].join('/');
  const admission = bounds.admit(message);
  if (admission === 'joined') return undefined;
  if (admission !== 'admitted') return failed(recipient, admission);
  // A block ends all associations: it has one again, so it may have been let in since the last look.
  if (delivery.isBlocked(recipient.impi)) await lookForStops?.();
  let outcome: PageOutcome | undefined;
  let attempt = 0;
  try {
    outcome = await delivery.deliver({
      sendQueue: SEND_QUEUE,
      content: { kind: 'msk', keyDomainId, mskId: sentId, msk: opened, verification },
      pacing: {},
      recipients: [recipient],
      allowance: bounds,
      messageOctets: mskMessageOctets(nafFqdn, btid),
      onDatagram: (refused) => observer.onDatagram(about, { ...address, attempt: ++attempt, refused }),
    });
    return outcome;
  } finally {
    bounds.settle(message, address, outcome);
    delivery.wake();
  }
}

function failed({ impi }: RequestedUe, reason: DeliveryFailure): PageOutcome {
  return { verified: [], sent: [], failed: { [reason]: [impi] } };
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
