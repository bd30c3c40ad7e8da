import type { PageOutcome } from '../../store/ledger/push-page.ts';
import type { DeliveryFailure } from '../errors.ts';
import type { PrefixLengths } from '../pacing/address-prefix.ts';
import type { UeAllowance } from '../pacing/allowance.ts';
import type { SendQueue } from '../pacing/send-queue.ts';
import { addFailures, type Failures } from '../push/failures.ts';
import type { Recipient } from '../recipients/recipient.ts';
import type { Flight } from './flight.ts';
import type { MessageContent } from './message-batch.ts';
import { PackedRecipients } from './packed-recipients.ts';
import { SentMessages } from './sent-messages.ts';

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
  /** The RAND of all messages, 16 octets; undefined: each message has one of its own. */
  readonly rand: Uint8Array | undefined;
  /** At least one. */
  readonly recipients: readonly Recipient[];
  /** Of the prefixes that the queue bounds messages to, if it does. */
  readonly prefixLengths: PrefixLengths | undefined;
  /** Receives, at most twice, the UEs that have confirmed while others are waited for. */
  readonly onVerifiedSoFar: ((impis: readonly string[]) => void) | undefined;
  /** Learns whether the system took each message, or why not. */
  readonly onDatagram: ((refused: string | undefined) => void) | undefined;
}

/** Why an order is not gone on with: its push was cancelled, or its MSK revoked. */
type Cancelled = Extract<DeliveryFailure, 'cancelled' | 'unknown-msk'>;

/** How a flight ends. */
export type FlightOutcome = 'verified' | 'sent' | DeliveryFailure;

/**
 * The UEs verified so far are reported when this share of an order's UEs is left: the rest may be out of
 * reach. A second report is left out unless this share of them has confirmed since the first.
 */
const SHARE_LEFT = 0.1;
/**
 * The report waits for this time, in ms. Mostly all UEs have answered by then, and there is nothing to
 * report.
 */
const REPORT_AFTER_MS = 200;

/** The flags of a UE. */
const REFUSED = 1;
const GIVEN_UP = 2;

/** One order: its UEs, each by its number in the order, and how many of them have ended in which way. */
export class Job {
  readonly content: MessageContent;
  readonly awaitsVerification: boolean;
  readonly tries: number;
  readonly bmscId: Uint8Array;
  readonly queue: SendQueue<Flight>;
  readonly allowance: UeAllowance;
  readonly messageOctets: number;
  readonly rand: Uint8Array | undefined;
  readonly prefixLengths: PrefixLengths | undefined;
  readonly onDatagram: ((refused: string | undefined) => void) | undefined;
  readonly recipients: PackedRecipients;
  readonly messages: SentMessages;
  /** Of each UE, given when its flight begins: all its messages have it. */
  readonly csbIds: Uint32Array;
  /** Resolves when all UEs are settled; rejects when the order fails as a whole. */
  readonly outcome: Promise<PageOutcome>;
  readonly #onVerifiedSoFar: ((impis: readonly string[]) => void) | undefined;
  /** UEs that are a tenth of the order. */
  readonly #share: number;
  #reportedVerified = 0;
  readonly #flags: Uint8Array;
  /** Of each UE the place of its outcome in `#kinds`; 0: it is not settled. */
  readonly #outcomes: Uint8Array;
  readonly #kinds: (FlightOutcome | undefined)[] = [undefined, 'verified', 'sent'];
  #remaining: number;
  #cancelledAs: Cancelled | undefined;
  #hasFailed = false;
  #hasRetransmitted = false;
  #resolve: (outcome: PageOutcome) => void = () => {};
  #reject: (error: Error) => void = () => {};

  constructor({ content, tries, bmscId, queue, recipients, onVerifiedSoFar, ...rest }: JobSettings) {
    const ues = recipients.length;
    this.content = content;
    this.prefixLengths = rest.prefixLengths;
    this.onDatagram = rest.onDatagram;
    this.recipients = new PackedRecipients(recipients);
    this.messages = new SentMessages(ues);
    this.csbIds = new Uint32Array(ues);
    this.#flags = new Uint8Array(ues);
    this.#outcomes = new Uint8Array(ues);
    this.allowance = rest.allowance;
    this.messageOctets = rest.messageOctets;
    this.rand = rest.rand;
    this.awaitsVerification = content.kind === 'msk' && content.verification;
    this.tries = tries;
    this.bmscId = bmscId;
    this.queue = queue;
    this.#onVerifiedSoFar = onVerifiedSoFar;
    this.#share = Math.ceil(ues * SHARE_LEFT);
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

  /** Whether the flight of the UE has ended. */
  hasSettled(ue: number): boolean {
    return this.#outcomes[ue] !== 0;
  }

  /** Whether the system refused the last message to the UE. */
  isRefused(ue: number): boolean {
    return ((this.#flags[ue] ?? 0) & REFUSED) !== 0;
  }

  noteRefused(ue: number, isRefused: boolean): void {
    const others = (this.#flags[ue] ?? 0) & ~REFUSED;
    this.#flags[ue] = isRefused ? others | REFUSED : others;
  }

  /** Whether the UE was given up, for it answered nothing. */
  isGivenUp(ue: number): boolean {
    return ((this.#flags[ue] ?? 0) & GIVEN_UP) !== 0;
  }

  noteGivenUp(ue: number): void {
    this.#flags[ue] = (this.#flags[ue] ?? 0) | GIVEN_UP;
  }

  /** Whether nothing more is sent. */
  get isCancelled(): boolean {
    return this.#cancelledAs !== undefined;
  }

  /** What then becomes of UEs that were sent nothing. */
  get cancelledAs(): Cancelled {
    return this.#cancelledAs ?? 'cancelled';
  }

  /** Sends nothing more; UEs that were sent something may still answer. */
  cancel(as: Cancelled = 'cancelled'): void {
    this.#cancelledAs ??= as;
  }

  /** Counts a UE whose flight has ended. */
  settle(ue: number, outcome: FlightOutcome): void {
    if (!this.#kinds.includes(outcome)) this.#kinds.push(outcome);
    this.#outcomes[ue] = this.#kinds.indexOf(outcome);
    this.#remaining -= 1;
    if (this.#remaining === this.#share) this.#reportVerifiedSoFar();
    if (this.#remaining === 0) this.#resolve(this.#outcomeSoFar());
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

  #outcomeSoFar(): PageOutcome {
    const verified: string[] = [];
    const sent: string[] = [];
    const failed: Failures = {};
    for (const [ue, place] of this.#outcomes.entries()) {
      const kind = this.#kinds[place];
      if (kind === undefined) continue;
      const impi = this.recipients.impi(ue);
      if (kind === 'verified') verified.push(impi);
      else if (kind === 'sent') sent.push(impi);
      else addFailures(failed, kind, [impi]);
    }
    return { verified, sent, failed };
  }

  #reportVerifiedSoFar(): void {
    const report = this.#onVerifiedSoFar;
    if (report === undefined) return;
    setTimeout(() => {
      if (this.remaining === 0) return;
      const { verified } = this.#outcomeSoFar();
      if (verified.length - this.#reportedVerified < this.#share) return;
      this.#reportedVerified = verified.length;
      report(verified);
    }, REPORT_AFTER_MS);
  }
}
