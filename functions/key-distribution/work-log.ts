import type { Logger } from '@aws-lambda-powertools/logger';
import type { AnswerDatagram, AnswerToUe, DistributionObserver } from '../../lib/distribution/observer.ts';
import type { Delivered } from '../../lib/distribution/push/outcome-events.ts';
import { formatMskId } from '../../lib/keys/msk-id.ts';
import type { Push } from '../../lib/store/ledger/push.ts';
import type { PageId, PageOutcome } from '../../lib/store/ledger/push-page.ts';
import type { SenderCounts } from './counts.ts';

/**
 * Writes what becomes of each request to the log, with the correlation ID of the request, and counts it. An
 * answer has a line for each datagram and one for its outcome; a page of a push has one for each kind of
 * outcome, for a line for each UE of a push would cost too much: the ledger and the events on the bus list
 * those.
 */
export class WorkLog implements DistributionObserver {
  readonly #logger: Pick<Logger, 'info'>;
  readonly #counts: Pick<SenderCounts, 'addOutcome'>;

  constructor(logger: Pick<Logger, 'info'>, counts: Pick<SenderCounts, 'addOutcome'>) {
    this.#logger = logger;
    this.#counts = counts;
  }

  onPush(push: Push): void {
    this.#logger.info('push begun', { ...namesOf(push), expected: push.expected });
  }

  onPage({ chain, page }: PageId, push: Push, outcome: PageOutcome): void {
    this.#counts.addOutcome(push.keyDomainId, outcome);
    this.#logOutcome({ ...namesOf(push), chain, page }, outcome);
  }

  onDatagram(answer: AnswerToUe, { refused, ...datagram }: AnswerDatagram): void {
    const names = { ...namesOf(answer), impi: answer.impi, ...datagram };
    if (refused === undefined) this.#logger.info('datagram sent', names);
    else this.#logger.info('datagram refused', { ...names, reason: refused });
  }

  onAnswer(answer: AnswerToUe, outcome: PageOutcome, ms: number): void {
    this.#counts.addOutcome(answer.keyDomainId, outcome);
    this.#logOutcome({ ...namesOf(answer), impi: answer.impi, ms: Math.round(ms) }, outcome);
  }

  #logOutcome(names: object, { verified, sent, failed }: PageOutcome): void {
    if (verified.length > 0)
      this.#logger.info('delivered', { ...names, how: 'verified', ues: verified.length });
    if (sent.length > 0) this.#logger.info('delivered', { ...names, how: 'sent', ues: sent.length });
    for (const [reason, ues] of Object.entries(failed))
      this.#logger.info('delivery failed', { ...names, reason, ues: ues.length });
  }
}

/** The names that each line has. */
function namesOf({ correlationId, pushId, kind, keyDomainId, mskId }: Delivered) {
  return { correlationId, pushId, kind, keyDomainId, mskId: formatMskId(mskId) };
}
