import type { MukAddressing } from '../mikey/index.ts';
import type { PageOutcome } from '../store/push-page.ts';
import type { DeliveryFailure } from './errors.ts';
import { addFailures, type Failures } from './failures.ts';
import type { LaneEntry } from './lane.ts';
import { addressingOf, type MessageContent, type MessageStamp } from './message-batch.ts';
import type { Outstanding } from './outstanding.ts';
import type { Recipient } from './recipient.ts';

/** The UEs of one page on their way, and how they fared so far. */
export interface Job {
  readonly content: MessageContent;
  readonly awaitsVerification: boolean;
  /** Messages to one UE in all. */
  readonly tries: number;
  readonly nafFqdn: string;
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
  /** Of each message its counter, and when it went out, in ms of a clock that does not go back. */
  readonly #sent: number[] = [];
  /** The RANDs of the messages, an octet a character: a small array of octets would take ten times as much. */
  #rands = '';

  constructor(job: Job, recipient: Recipient, csbId: number, prefix: string) {
    this.job = job;
    this.recipient = recipient;
    this.csbId = csbId;
    this.prefix = prefix;
  }

  get tried(): number {
    return this.#sent.length / 2;
  }

  get isOver(): boolean {
    return this.#isOver || this.job.isOver;
  }

  isToBeSent(): boolean {
    return !this.isOver && this.tried < this.job.tries;
  }

  /** Remembers a message: an answer to an earlier one may still come, and confirms the delivery as well. */
  remember({ counter, rand }: MessageStamp, at: number): void {
    this.#sent.push(counter, at);
    this.#rands += Buffer.from(rand).toString('latin1');
  }

  sentWith(counter: number): MukAddressing | undefined {
    const index = this.#indexOf(counter);
    if (index === undefined) return undefined;
    const randLength = this.#rands.length / this.tried;
    const rand = Buffer.from(this.#rands.slice(index * randLength, (index + 1) * randLength), 'latin1');
    return addressingOf(this.recipient, { csbId: this.csbId, rand, counter }, this.job.nafFqdn);
  }

  /** When the message with this counter went out. */
  sentAt(counter: number): number | undefined {
    const index = this.#indexOf(counter);
    return index === undefined ? undefined : this.#sent[2 * index + 1];
  }

  #indexOf(counter: number): number | undefined {
    for (let index = 0; index < this.tried; index++) if (this.#sent[2 * index] === counter) return index;
    return undefined;
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
