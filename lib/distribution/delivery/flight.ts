import type { MukAddressing } from '../../mikey/index.ts';
import type { PageOutcome } from '../../store/ledger/push-page.ts';
import type { DeliveryFailure } from '../errors.ts';
import type { LaneEntry } from '../pacing/send-queue.ts';
import { addFailures, type Failures } from '../push/failures.ts';
import type { Recipient } from '../recipients/recipient.ts';
import { addressingOf, type MessageContent } from './message-batch.ts';
import type { Outstanding } from './outstanding.ts';

/** The UEs of one page on their way, and how they fared so far. */
export interface Job {
  readonly content: MessageContent;
  readonly awaitsVerification: boolean;
  /** Messages to one UE in all. */
  readonly tries: number;
  /** The NAF_Id of the BM-SC. */
  readonly bmscId: Uint8Array;
  readonly verified: string[];
  readonly sent: string[];
  readonly failed: Failures;
  /** UEs that are not through. */
  remaining: number;
  /** So many are few. */
  readonly few: number;
  /** It was given up as a whole. */
  isOver: boolean;
  /** A UE was sent a second message. */
  hasTriedAgain: boolean;
  /** Called when only few are left, and when the first UE is tried again. */
  readonly tellVerified: () => void;
  readonly resolve: (outcome: PageOutcome) => void;
  readonly reject: (error: Error) => void;
}

/** A message that was made. */
interface SentMessage {
  readonly counter: number;
  /** When it went out, in ms of a clock that does not go back. */
  readonly at: number;
  /** The RANDs of a whole batch, and where in it the message's stands. */
  readonly rands: Uint8Array;
  readonly randAt: number;
}

/** Octets of RAND in each message (RFC 3830 §6.11: at least 16). */
export const RAND_LENGTH = 16;

const NONE: readonly SentMessage[] = [];
const NO_OCTETS = new Uint8Array(0);

/**
 * The messages to one UE until it has answered or is given up. A class, for there are as many as UEs wait for an
 * answer, and functions of their own would double what each takes.
 */
export class Flight implements LaneEntry, Outstanding {
  readonly job: Job;
  readonly recipient: Recipient;
  readonly csbId: number;
  readonly prefix: string;
  /** Whether the system refused the last message. */
  isRefused = false;
  #isOver = false;
  #tried = 0;
  // The last message: mostly it is the only one, and an object of its own would be half as much again.
  #counter = 0;
  #at = 0;
  #rands: Uint8Array = NO_OCTETS;
  #randAt = 0;
  #earlier = NONE;

  constructor(job: Job, recipient: Recipient, csbId: number, prefix: string) {
    this.job = job;
    this.recipient = recipient;
    this.csbId = csbId;
    this.prefix = prefix;
  }

  get tried(): number {
    return this.#tried;
  }

  get isOver(): boolean {
    return this.#isOver || this.job.isOver;
  }

  isToBeSent(): boolean {
    return !this.isOver && this.tried < this.job.tries;
  }

  /**
   * Remembers a message: an answer to an earlier one may still come, and confirms the delivery as well. Its RAND stands
   * in `rands` from `randAt` on, for a small array of octets would take ten times as much.
   */
  remember(counter: number, at: number, rands: Uint8Array, randAt: number): void {
    if (this.#tried > 0) this.#earlier = [...this.#earlier, this.#lastSent()];
    this.#tried += 1;
    this.#counter = counter;
    this.#at = at;
    this.#rands = rands;
    this.#randAt = randAt;
  }

  sentWith(counter: number): MukAddressing | undefined {
    const sent = this.#sent(counter);
    if (sent === undefined) return undefined;
    const rand = sent.rands.subarray(sent.randAt, sent.randAt + RAND_LENGTH);
    return addressingOf(this.recipient, { csbId: this.csbId, rand, counter }, this.job.bmscId);
  }

  /** When the message with this counter went out. */
  sentAt(counter: number): number | undefined {
    return this.#sent(counter)?.at;
  }

  #sent(counter: number): SentMessage | undefined {
    if (this.#tried > 0 && this.#counter === counter) return this.#lastSent();
    return this.#earlier.find((message) => message.counter === counter);
  }

  #lastSent(): SentMessage {
    return { counter: this.#counter, at: this.#at, rands: this.#rands, randAt: this.#randAt };
  }

  /** Ends the delivery, once. */
  end(outcome: 'verified' | 'sent' | DeliveryFailure): void {
    if (this.isOver) return;
    this.#isOver = true;
    const { job } = this;
    const { impi } = this.recipient;
    if (outcome === 'verified') job.verified.push(impi);
    else if (outcome === 'sent') job.sent.push(impi);
    else addFailures(job.failed, outcome, [impi]);
    job.remaining -= 1;
    if (job.remaining === job.few) job.tellVerified();
    if (job.remaining === 0) job.resolve({ verified: job.verified, sent: job.sent, failed: job.failed });
  }
}
