import type { PageOutcome } from '../../store/ledger/push-page.ts';
import type { DeliveryFailure } from '../errors.ts';
import type { UeAllowance } from '../pacing/allowance.ts';
import type { SendQueue } from '../pacing/send-queue.ts';
import { addFailures, type Failures } from '../push/failures.ts';
import type { Flight } from './flight.ts';
import type { MessageContent } from './message-batch.ts';

/** What all flights of one order have in common. */
export interface JobSettings {
  readonly content: MessageContent;
  /** Messages to one UE in all. */
  readonly tries: number;
  /** The NAF_Id of the BM-SC. */
  readonly bmscId: Uint8Array;
  readonly queue: SendQueue<Flight>;
  /** What its UE may be sent, where the order is an answer to one. */
  readonly allowance: UeAllowance;
  /** The octets of a message; 0: not known. */
  readonly messageOctets: number;
  /** UEs of the order, at least one. */
  readonly ues: number;
  /** Receives, at most twice, the UEs that have confirmed while others are waited for. */
  readonly onVerifiedSoFar: ((impis: readonly string[]) => void) | undefined;
}

/** How a flight ends. */
export type FlightOutcome = 'verified' | 'sent' | DeliveryFailure;

/**
 * The UEs verified so far are reported when this share of an order's UEs is left: the rest may be out of
 * reach.
 */
const SHARE_LEFT = 0.1;
/**
 * The report waits for this time, in ms. Mostly all UEs have answered by then, and there is nothing to
 * report.
 */
const REPORT_AFTER_MS = 200;

/** One order: its UEs, and how many of them have ended in which way. */
export class Job {
  readonly content: MessageContent;
  readonly awaitsVerification: boolean;
  readonly tries: number;
  readonly bmscId: Uint8Array;
  readonly queue: SendQueue<Flight>;
  readonly allowance: UeAllowance;
  readonly messageOctets: number;
  /** Resolves when all UEs are settled; rejects when the order fails as a whole. */
  readonly outcome: Promise<PageOutcome>;
  readonly #onVerifiedSoFar: ((impis: readonly string[]) => void) | undefined;
  readonly #reportAtRemaining: number;
  readonly #verified: string[] = [];
  readonly #sent: string[] = [];
  readonly #failed: Failures = {};
  #remaining: number;
  #hasFailed = false;
  #hasRetransmitted = false;
  #resolve: (outcome: PageOutcome) => void = () => {};
  #reject: (error: Error) => void = () => {};

  constructor({ content, tries, bmscId, queue, ues, onVerifiedSoFar, ...rest }: JobSettings) {
    this.content = content;
    this.allowance = rest.allowance;
    this.messageOctets = rest.messageOctets;
    this.awaitsVerification = content.kind === 'msk' && content.verification;
    this.tries = tries;
    this.bmscId = bmscId;
    this.queue = queue;
    this.#onVerifiedSoFar = onVerifiedSoFar;
    this.#reportAtRemaining = Math.ceil(ues * SHARE_LEFT);
    this.#remaining = ues;
    this.outcome = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** UEs that are not settled. */
  get remaining(): number {
    return this.#hasFailed ? 0 : this.#remaining;
  }

  /** Whether the order failed as a whole. */
  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  /** Counts a UE whose flight has ended. */
  settle(impi: string, outcome: FlightOutcome): void {
    if (outcome === 'verified') this.#verified.push(impi);
    else if (outcome === 'sent') this.#sent.push(impi);
    else addFailures(this.#failed, outcome, [impi]);
    this.#remaining -= 1;
    if (this.#remaining === this.#reportAtRemaining) this.#reportVerifiedSoFar();
    if (this.#remaining === 0)
      this.#resolve({ verified: this.#verified, sent: this.#sent, failed: this.#failed });
  }

  /** Notes that a UE is sent a further message: the first one shows that the others wait for it. */
  noteRetransmission(): void {
    if (this.#hasRetransmitted) return;
    this.#hasRetransmitted = true;
    this.#reportVerifiedSoFar();
  }

  /** Gives up the order. */
  fail(error: Error): void {
    this.#hasFailed = true;
    this.#reject(error);
  }

  #reportVerifiedSoFar(): void {
    const report = this.#onVerifiedSoFar;
    if (report === undefined) return;
    setTimeout(() => {
      if (this.remaining > 0) report([...this.#verified]);
    }, REPORT_AFTER_MS);
  }
}
