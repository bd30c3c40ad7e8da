import { type EventInput, MAX_UES_PER_EVENT } from '../../events/contracts.ts';
import { newEvent, type OutgoingEvent } from '../../events/envelope.ts';
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

/**
 * The events that tell of a page: those whose MSK is verified, those that failed, those that were solicited. `step`
 * names the page, so that the events of a page that is told of again have the same idempotency keys. An MSK that was
 * sent without asking for verification is not known to be delivered, and is told of in the push's counts only.
 */
export function factsOfPage(
  context: Pick<DistributionContext, 'now' | 'randomOctets'>,
  about: Delivered,
  step: string,
  { verified, sent, failed }: PageOutcome,
): OutgoingEvent[] {
  const { pushId, keyDomainId } = about;
  const mskId = formatMskId(about.mskId);
  const of = (what: string) => ({
    ...newId(context),
    correlationId: about.correlationId,
    idempotencyKey: `${step}/${what}`,
  });
  const failures = Object.entries(failed).flatMap(([reason, ues]) => ues.map((impi) => ({ impi, reason })));
  const solicited = about.kind === 'solicited-pull' ? sent : [];
  const keyGroup = mskId.slice(0, 4);
  return [
    ...inParts(verified, 'delivered').map(({ what, ues }) =>
      newEvent('MSK Delivered', { pushId, keyDomainId, mskId, ues }, of(what)),
    ),
    ...inParts(solicited, 'solicited').map(({ what, ues }) =>
      newEvent('MSK Pull Solicited', { pushId, keyDomainId, keyGroup, ues }, of(what)),
    ),
    ...inParts(failures, 'failed').map(({ what, ues }) =>
      newEvent('MSK Delivery Failed', { pushId, keyDomainId, mskId, ues }, of(what)),
    ),
  ];
}

/** As many as one event may list; a page may hold more, and the bus would refuse it whenever it is told. */
function inParts<T>(ues: readonly T[], what: string): { what: string; ues: T[] }[] {
  return Array.from({ length: Math.ceil(ues.length / MAX_UES_PER_EVENT) }, (_, part) => ({
    what: part === 0 ? what : `${what}/${part}`,
    ues: ues.slice(part * MAX_UES_PER_EVENT, (part + 1) * MAX_UES_PER_EVENT),
  }));
}

/** How far a push has come, or that it is through: then once, however many tell it. */
export function progressOf(
  context: Pick<DistributionContext, 'now' | 'randomOctets'>,
  detailType: 'MSK Push Progressed' | 'MSK Push Completed',
  push: Push,
  totals: PushTotals,
): OutgoingEvent {
  const { verified, sent, failed } = totals;
  const data: EventInput<'MSK Push Progressed'> = {
    pushId: push.pushId,
    kind: push.kind,
    keyDomainId: push.keyDomainId,
    mskId: formatMskId(push.mskId),
    startedAt: new Date(push.startedAt).toISOString(),
    expected: push.expected,
    verified,
    sent,
    failed: { ...failed },
  };
  const id = newId(context);
  return newEvent(detailType, data, {
    ...id,
    correlationId: push.correlationId,
    idempotencyKey: detailType === 'MSK Push Completed' ? `${push.pushId}/completed` : id.eventId,
  });
}

function newId({ now, randomOctets }: Pick<DistributionContext, 'now' | 'randomOctets'>) {
  return { eventId: Buffer.from(randomOctets(16)).toString('hex'), now: now() };
}
