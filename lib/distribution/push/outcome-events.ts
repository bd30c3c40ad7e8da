import { batches } from '../../batches.ts';
import { type EventInput, MAX_UES_PER_EVENT } from '../../events/contracts.ts';
import { newEvent, newEventId, type OutgoingEvent } from '../../events/envelope.ts';
import { stepKey } from '../../events/metadata.ts';
import type { KeyDomainId } from '../../keys/key-domain-id.ts';
import { formatMskId, type MskId } from '../../keys/msk-id.ts';
import type { Push } from '../../store/ledger/push.ts';
import type { PushTotals } from '../../store/ledger/push-chain.ts';
import type { PageOutcome } from '../../store/ledger/push-page.ts';
import type { DistributionContext } from '../context.ts';

/** What was delivered, and by which push. */
export interface Delivered {
  readonly pushId: string;
  readonly kind: 'msk' | 'solicited-pull';
  readonly keyDomainId: KeyDomainId;
  readonly mskId: MskId;
  readonly correlationId: string;
}

/** What an event needs beside its data. */
type EventSource = Pick<DistributionContext, 'now' | 'randomOctets'>;

/**
 * The events that report the outcome of a page: UEs that verified the MSK, UEs that were sent a solicited
 * pull, and UEs that failed. `step` names the page: the events of a page that is reported again have the same
 * idempotency keys. No event lists the UEs that were sent an MSK without a request for verification; only the
 * push's counts have them.
 */
export function outcomeEvents(
  context: EventSource,
  about: Delivered,
  step: string,
  { verified, sent, failed }: PageOutcome,
): OutgoingEvent[] {
  const { pushId, keyDomainId } = about;
  const mskId = formatMskId(about.mskId);
  const keyGroup = mskId.slice(0, 4);
  const of = (part: string) => ({
    eventId: newEventId(context.randomOctets),
    now: context.now(),
    correlationId: about.correlationId,
    idempotencyKey: stepKey(step, part),
  });
  const failures = Object.entries(failed).flatMap(([reason, ues]) => ues.map((impi) => ({ impi, reason })));
  const solicited = about.kind === 'solicited-pull' ? sent : [];
  return [
    ...inParts(verified, 'delivered').map(({ part, ues }) =>
      newEvent('MSK Delivered', { pushId, keyDomainId, mskId, ues }, of(part)),
    ),
    ...inParts(solicited, 'solicited').map(({ part, ues }) =>
      newEvent('MSK Pull Solicited', { pushId, keyDomainId, keyGroup, ues }, of(part)),
    ),
    ...inParts(failures, 'failed').map(({ part, ues }) =>
      newEvent('MSK Delivery Failed', { pushId, keyDomainId, mskId, ues }, of(part)),
    ),
  ];
}

/**
 * Splits UEs into parts of one event each: a page may hold more than an event may list. The first part has no
 * number.
 */
function inParts<T>(ues: readonly T[], outcome: string): { part: string; ues: T[] }[] {
  return batches(ues, MAX_UES_PER_EVENT).map((each, index) => ({
    part: index === 0 ? outcome : `${outcome}/${index}`,
    ues: each,
  }));
}

/**
 * The event that reports the counts of a push. `MSK Push Completed` has the same idempotency key, however
 * many senders publish it.
 */
export function progressEvent(
  context: EventSource,
  detailType: 'MSK Push Progressed' | 'MSK Push Completed',
  push: Push,
  { verified, sent, failed }: PushTotals,
): OutgoingEvent {
  const data: EventInput<'MSK Push Progressed'> = {
    pushId: push.pushId,
    kind: push.kind,
    keyDomainId: push.keyDomainId,
    mskId: formatMskId(push.mskId),
    startedAt: new Date(push.startedAt).toISOString(),
    expected: push.expected,
    delivered: verified + sent,
    verified,
    sent,
    failed: { ...failed },
  };
  const eventId = newEventId(context.randomOctets);
  return newEvent(detailType, data, {
    eventId,
    now: context.now(),
    correlationId: push.correlationId,
    idempotencyKey: detailType === 'MSK Push Completed' ? stepKey(push.pushId, 'completed') : eventId,
  });
}
