import type { UeAddress } from '../../address/ue-address.ts';
import type { MskRecipient } from '../../mikey/message/msk-batch.ts';
import { prefixOf } from '../pacing/address-prefix.ts';
import type { UeAllowance } from '../pacing/allowance.ts';
import type { FairQueueEntry } from '../pacing/fair-queue.ts';
import type { Recipient } from '../recipients/recipient.ts';
import type { FlightOutcome, Job } from './job.ts';
import type { Outstanding } from './outstanding.ts';
import { PackedRecipient } from './packed-recipients.ts';
import type { SentMessage } from './sent-messages.ts';

/**
 * The messages to one UE until it has answered or is given up: it waits in a send queue, is sent, waits
 * again, and ends once. Two fields, for there may be a million: its state stands in the arrays of the job.
 */
export class Flight implements FairQueueEntry, Outstanding {
  readonly job: Job;
  /** The number of the UE in the job. */
  readonly ue: number;

  constructor(job: Job, ue: number) {
    this.job = job;
    this.ue = ue;
  }

  get csbId(): number {
    return this.job.csbIds[this.ue] ?? 0;
  }

  get recipient(): Recipient {
    return new PackedRecipient(this.job.recipients, this.ue);
  }

  /** The same for all UEs where the job does not bound messages to a prefix. */
  get prefix(): string {
    const { prefixLengths, recipients } = this.job;
    return prefixLengths === undefined ? '' : prefixOf(recipients.address(this.ue).address, prefixLengths);
  }

  /** Messages so far. */
  get tried(): number {
    return this.job.messages.tried(this.ue);
  }

  get hasEnded(): boolean {
    return this.job.hasFailed || this.job.hasSettled(this.ue);
  }

  isToBeSent(): boolean {
    return (
      !this.hasEnded && !this.job.isGivenUp(this.ue) && !this.job.isCancelled && this.tried < this.job.tries
    );
  }

  get allowance(): UeAllowance {
    return this.job.allowance;
  }

  get octets(): number {
    return this.job.messageOctets;
  }

  get to(): UeAddress {
    return this.job.recipients.address(this.ue);
  }

  /** It was held until it was given up: its UE answered nothing. */
  giveUp(): void {
    this.job.noteGivenUp(this.ue);
  }

  /** Remembers a message that is about to be sent, see `SentMessages.remember`. */
  remember(counter: number, at: number, rands: Uint8Array, randAt: number): void {
    this.job.messages.remember(this.ue, counter, at, rands, randAt);
    this.job.noteRefused(this.ue, false);
  }

  /** Notes that the system refused the last message. */
  noteRefused(): void {
    this.job.noteRefused(this.ue, true);
  }

  sent(counter: number): SentMessage | undefined {
    return this.job.messages.sent(this.ue, counter);
  }

  /** When the message with this counter was sent, in ms of a clock that does not go back. */
  sentAt(counter: number): number | undefined {
    return this.job.messages.sentAt(this.ue, counter);
  }

  sentWith(counter: number): MskRecipient | undefined {
    const sent = this.sent(counter);
    if (sent === undefined) return undefined;
    const { csbId, ue } = this;
    const { recipients } = this.job;
    return { muk: recipients.muk(ue), csbId, rand: sent.rand, counter, ueId: recipients.btidOctets(ue) };
  }

  /** How it ends when it is not to be sent any more. */
  get outcomeOfSilence(): FlightOutcome {
    if (this.job.isGivenUp(this.ue) && this.tried === 0) return 'not-answering';
    if (this.job.isCancelled && this.tried === 0) return this.job.cancelledAs;
    return this.job.isRefused(this.ue) ? 'not-sent' : 'not-verified';
  }

  /** Ends the flight, once, and counts it in its job. */
  end(outcome: FlightOutcome): void {
    if (!this.hasEnded) this.job.settle(this.ue, outcome);
  }
}
