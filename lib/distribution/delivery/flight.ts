import type { UeAddress } from '../../address/ue-address.ts';
import type { MskRecipient } from '../../mikey/message/msk-batch.ts';
import type { UeAllowance } from '../pacing/allowance.ts';
import type { FairQueueEntry } from '../pacing/fair-queue.ts';
import type { Recipient } from '../recipients/recipient.ts';
import type { FlightOutcome, Job } from './job.ts';
import type { Outstanding } from './outstanding.ts';
import { RAND_LENGTH, SentMessages } from './sent-messages.ts';

/**
 * The messages to one UE until it has answered or is given up: it waits in a send queue, is sent, waits
 * again, and ends once. A class, because functions of its own would double the memory that each takes.
 */
export class Flight extends SentMessages implements FairQueueEntry, Outstanding {
  readonly job: Job;
  readonly recipient: Recipient;
  readonly csbId: number;
  readonly prefix: string;
  /** Whether the system refused the last message. */
  isRefused = false;
  /** Whether it was held until it was given up: its UE answered nothing. */
  isGivenUp = false;
  #hasEnded = false;

  constructor(job: Job, recipient: Recipient, csbId: number, prefix: string) {
    super();
    this.job = job;
    this.recipient = recipient;
    this.csbId = csbId;
    this.prefix = prefix;
  }

  get hasEnded(): boolean {
    return this.#hasEnded || this.job.hasFailed;
  }

  isToBeSent(): boolean {
    return !this.hasEnded && !this.isGivenUp && this.tried < this.job.tries;
  }

  get allowance(): UeAllowance {
    return this.job.allowance;
  }

  get octets(): number {
    return this.job.messageOctets;
  }

  get to(): UeAddress {
    return this.recipient.address;
  }

  giveUp(): void {
    this.isGivenUp = true;
  }

  /** How it ends when it is not to be sent any more. */
  get outcomeOfSilence(): FlightOutcome {
    if (this.isGivenUp && this.tried === 0) return 'not-answering';
    return this.isRefused ? 'not-sent' : 'not-verified';
  }

  sentWith(counter: number): MskRecipient | undefined {
    const sent = this.sent(counter);
    if (sent === undefined) return undefined;
    const { csbId, recipient } = this;
    const rand = sent.rands.subarray(sent.randAt, sent.randAt + RAND_LENGTH);
    return { muk: recipient.muk, csbId, rand, counter, ueId: recipient.btid };
  }

  /** Ends the flight, once, and counts it in its job. */
  end(outcome: FlightOutcome): void {
    if (this.hasEnded) return;
    this.#hasEnded = true;
    this.job.settle(this.recipient.impi, outcome);
  }
}
