import type { Push } from '../store/ledger/push.ts';
import type { PageId, PageOutcome } from '../store/ledger/push-page.ts';
import type { Delivered } from './push/outcome-events.ts';

/** The MSK of one UE that asked for it or registered, and the request that it answers. */
export interface AnswerToUe extends Delivered {
  readonly impi: string;
}

/** A datagram that the system took, or refused, for one UE. */
export interface AnswerDatagram {
  /** Where it goes, an IP address and a UDP port. */
  readonly address: string;
  readonly port: number;
  /** From 1. */
  readonly attempt: number;
  /** Why the system refused it; undefined: it took it. */
  readonly refused: string | undefined;
}

/**
 * Learns of what becomes of each request, for logs and metrics: all it is told has the correlation ID of its
 * cause. Single UEs are told of in answers only; a push tells of its pages, whose UEs the ledger lists.
 */
export interface DistributionObserver {
  /** A push is begun, or begun again after a failure. */
  readonly onPush: (push: Push) => void;
  readonly onPage: (page: PageId, push: Push, outcome: PageOutcome) => void;
  readonly onDatagram: (answer: AnswerToUe, datagram: AnswerDatagram) => void;
  /** The UE has confirmed its MSK, or was sent it and need not, or is given up; it took `ms`. */
  readonly onAnswer: (answer: AnswerToUe, outcome: PageOutcome, ms: number) => void;
}

/** For programs that look at the outcomes alone. */
export const NO_OBSERVER: DistributionObserver = {
  onPush: () => {},
  onPage: () => {},
  onDatagram: () => {},
  onAnswer: () => {},
};
