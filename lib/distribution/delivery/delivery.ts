import type { Pacing } from '../../events/contracts.ts';
import type { Impi } from '../../gba/impi.ts';
import { nafId } from '../../gba/naf-id.ts';
import type { VerificationChecker } from '../../mikey/message/verification-batch.ts';
import type { PageOutcome } from '../../store/ledger/push-page.ts';
import { DeliveryInterrupted } from '../errors.ts';
import type { PrefixLengths } from '../pacing/address-prefix.ts';
import { UNBOUNDED } from '../pacing/allowance.ts';
import type { SendQueue } from '../pacing/send-queue.ts';
import { pacingOfShare, SendQueues, type SendQueuesSettings } from '../pacing/send-queues.ts';
import { Alarm } from './alarm.ts';
import { CancelledQueues } from './cancelled-queues.ts';
import { type Share, WHOLE } from './csb-id.ts';
import type { DeliveryOrder } from './delivery-order.ts';
import { Flight } from './flight.ts';
import { Job } from './job.ts';
import { type MskRand, randOfContent } from './message-batch.ts';
import { type IgnoredReason, OutstandingMessages } from './outstanding.ts';
import { createRandom32 } from './random-octets.ts';
import type { RetransmissionSettings } from './retransmission.ts';
import { type RevokedMsk, RevokedMsks } from './revoked-msks.ts';
import { type BatchPorts, endFlight, sendBatch } from './send-batch.ts';

/** How a sender sends, unless a push says otherwise. */
export interface DeliverySettings extends Omit<SendQueuesSettings, 'heldMs'> {
  readonly nafFqdn: string;
  readonly retransmission: RetransmissionSettings;
  readonly prefixLengths: PrefixLengths;
  /**
   * Which of the senders on its port this is; undefined: the only one. They share the pacing of a push
   * equally.
   */
  readonly share?: Share;
  /**
   * Whether all messages of an MSK have the same RAND, which MTK messages need, or each one of its own.
   * Default: `per-msk`.
   */
  readonly mskRand?: MskRand;
}

/** What the delivery touches outside itself. */
export interface DeliveryPorts extends BatchPorts {
  readonly checkVerificationMessages: VerificationChecker;
  /** Receives what is counted. */
  readonly report: (count: DeliveryCount) => void;
}

/** What is counted: messages of a batch, a verified UE, or a datagram without effect. */
export type DeliveryCount =
  | { readonly kind: 'sent'; readonly messages: number; readonly repeated: number }
  | { readonly kind: 'verified'; readonly latencyMs: number }
  | { readonly kind: 'ignored'; readonly reason: IgnoredReason };

/** Messages are held for a UE that answers nothing for this many waits after a first message. */
const HELD_FOR_FIRST_WAITS = 8;
/** How long the UEs of a cancelled push may still answer what they were sent, in ms. */
const ANSWERED_AFTER_CANCEL_MS = 2000;
/** Messages made before sockets are read again. */
const MAX_PER_RUN = 256;

/**
 * Sends messages at their pace, sends again where no answer comes, and returns the outcome of each UE. Its
 * state is in memory only: orders and their flights, the queues in which flights wait, and the flights that
 * wait for answers.
 */
export class Delivery {
  readonly #settings: DeliverySettings;
  readonly #ports: DeliveryPorts;
  readonly #share: Share;
  readonly #bmscId: Uint8Array;
  readonly #outstanding: OutstandingMessages<Flight>;
  readonly #queues: SendQueues<Flight>;
  readonly #jobs = new Set<Job>();
  readonly #cancelled = new CancelledQueues();
  /** Subscribers that nothing is sent to. */
  #blocked = new Set<Impi>();
  readonly #revoked: RevokedMsks;
  readonly #alarm: Alarm;
  #isSending = false;
  #isInterrupted = false;

  constructor(settings: DeliverySettings, ports: DeliveryPorts) {
    this.#settings = settings;
    this.#ports = ports;
    this.#share = settings.share ?? WHOLE;
    this.#bmscId = nafId(settings.nafFqdn);
    this.#outstanding = new OutstandingMessages(createRandom32(ports.randomOctets), this.#share);
    // A UE that has not answered by then is out of reach, or never answers.
    const heldMs = settings.retransmission.firstMs * HELD_FOR_FIRST_WAITS;
    this.#queues = new SendQueues({ ...settings, heldMs }, ports.elapsed);
    this.#revoked = new RevokedMsks(ports.elapsed);
    this.#alarm = new Alarm(ports.elapsed, () => void this.#sendDue());
  }

  /** UEs that are not settled. */
  get uesInProgress(): number {
    let sum = 0;
    for (const { remaining } of this.#jobs) sum += remaining;
    return sum;
  }

  /** Orders of pages that are not settled. */
  get pagesInProgress(): number {
    let pages = 0;
    for (const { allowance } of this.#jobs) if (allowance === UNBOUNDED) pages += 1;
    return pages;
  }

  /** Orders that are not settled. */
  get ordersInProgress(): number {
    return this.#jobs.size;
  }

  /**
   * Whether the UEs of a send queue that wait for their first message are as many as this sender sends to in
   * 4 s: then other senders should take the next.
   */
  hasEnough(sendQueue: string): boolean {
    return this.#queues.hasEnough(sendQueue);
  }

  /**
   * Resolves when each UE has answered or is given up.
   * @throws DeliveryInterrupted when the sender stops before
   */
  async deliver(order: DeliveryOrder): Promise<PageOutcome> {
    if (this.#isInterrupted) throw new DeliveryInterrupted();
    if (order.recipients.length === 0) return { verified: [], sent: [], failed: {} };
    const job = this.#begin(order);
    // Not awaited here: this call would keep the order, whose recipients the job has in less memory.
    return job.outcome.finally(() => this.#jobs.delete(job));
  }

  #begin(order: DeliveryOrder): Job {
    const { retransmission, prefixLengths, perPrefixPerSecond } = this.#settings;
    const isByPrefix = (order.pacing.perPrefixPerSecond ?? perPrefixPerSecond) !== undefined;
    const job = new Job({
      content: order.content,
      tries: retransmission.tries,
      bmscId: this.#bmscId,
      queue: this.#queueOf(order),
      allowance: order.allowance ?? UNBOUNDED,
      messageOctets: order.messageOctets ?? 0,
      rand: this.#settings.mskRand === 'per-message' ? undefined : randOfContent(order.content),
      recipients: order.recipients,
      prefixLengths: isByPrefix ? prefixLengths : undefined,
      onVerifiedSoFar: order.onVerifiedSoFar,
      onDatagram: order.onDatagram,
    });
    if (this.#cancelled.has(order.sendQueue)) job.cancel();
    if (this.#revoked.has(order.content)) job.cancel('unknown-msk');
    this.#jobs.add(job);
    this.#enqueue(job, order.pacing);
    this.#wake();
    return job;
  }

  /**
   * Takes incoming datagrams; those that came together cost less together. Anything but an expected answer is
   * ignored and counted.
   */
  receive(datagrams: readonly Uint8Array[]): void {
    const { elapsed, report, checkVerificationMessages } = this.#ports;
    const all = this.#outstanding.receive(datagrams, (messages, sentWith) =>
      checkVerificationMessages(messages, this.#bmscId, sentWith),
    );
    const now = elapsed();
    for (const received of all) {
      if (received.kind === 'ignored') {
        report(received);
        continue;
      }
      const flight = received.outstanding;
      report({ kind: 'verified', latencyMs: now - (flight.sentAt(received.counter) ?? now) });
      flight.end('verified');
    }
  }

  /**
   * Sends nothing more of a send queue, now or later. UEs that were sent a message may still answer for 2 s;
   * the others end as `cancelled`.
   */
  cancel(sendQueue: string): void {
    if (!this.#cancelled.add(sendQueue)) return;
    const queue = this.#queues.find(sendQueue);
    if (queue === undefined) return;
    for (const job of this.#jobs) if (job.queue === queue) job.cancel();
    const now = this.#ports.elapsed();
    queue.reschedule(({ tried }) => (tried === 0 ? now : now + ANSWERED_AFTER_CANCEL_MS));
    this.#wake();
  }

  /**
   * Sends the octets of a revoked MSK to nobody any more, in whatever order they are. UEs that were sent
   * nothing end as `unknown-msk`, each when its message is due.
   */
  revoke(revoked: RevokedMsk): void {
    if (!this.#revoked.hear(revoked)) return;
    for (const job of this.#jobs) if (this.#revoked.has(job.content)) job.cancel('unknown-msk');
    this.#wake();
  }

  /** Whether nothing more of a send queue is sent. */
  isCancelled(sendQueue: string): boolean {
    return this.#cancelled.has(sendQueue);
  }

  /** Sends nothing more to a subscriber, whatever waits for it, until `unblock`. */
  block(impi: Impi): void {
    this.#blocked.add(impi);
  }

  /** Sends nothing to these subscribers, and to all others again. */
  blockOnly(impis: Iterable<Impi>): void {
    this.#blocked = new Set(impis);
  }

  unblock(impi: Impi): void {
    this.#blocked.delete(impi);
  }

  isBlocked(impi: Impi): boolean {
    return this.#blocked.has(impi);
  }

  /** Gives up all orders. */
  interrupt(): void {
    this.#isInterrupted = true;
    this.#alarm.cancel();
    this.#queues.clear();
    this.#outstanding.clear();
    for (const job of this.#jobs) job.fail(new DeliveryInterrupted());
    this.#jobs.clear();
  }

  #queueOf({ sendQueue, pacing, allowance }: DeliveryOrder): SendQueue<Flight> {
    return this.#queues.open(sendQueue, pacingOfShare(pacing, this.#share.of), allowance !== undefined);
  }

  /** Puts a flight for each UE in the queue of the job. */
  #enqueue(job: Job, { spreadSeconds = 0 }: Pacing): void {
    const { elapsed, random } = this.#ports;
    const { size } = job.recipients;
    const spreadMs = spreadSeconds * 1000;
    const now = elapsed();
    for (let ue = 0; ue < size; ue++) {
      const flight = new Flight(job, ue);
      job.csbIds[ue] = this.#outstanding.freeCsbId();
      // Before anything is sent: no two flights may have the same CSB ID.
      if (job.awaitsVerification) this.#outstanding.add(flight);
      if (spreadMs === 0) job.queue.addInOrder(now, flight);
      else job.queue.add(now + spreadMs * random(), flight);
    }
    job.queue.unsent += size;
  }

  /**
   * Sends what is due, from each queue in turn, so that a push to millions does not hold up an answer to one
   * UE. The messages of one job are made and sent as one batch; the next is made when the system has taken
   * it.
   */
  async #sendDue(): Promise<void> {
    this.#isSending = true;
    for (const [job, flights] of this.#takeDue()) {
      // It may have been cancelled while the one before was sent.
      if (job.isCancelled) for (const flight of flights) this.#endSilent(flight);
      else if (!job.hasFailed) await this.#send(job, flights);
    }
    this.#isSending = false;
    this.#wake();
  }

  async #send(job: Job, flights: readonly Flight[]): Promise<void> {
    const { retransmission } = this.#settings;
    try {
      await sendBatch(this.#ports, retransmission, this.#outstanding, job, flights, (count) =>
        this.#ports.report({ kind: 'sent', ...count }),
      );
    } catch (error) {
      for (const flight of flights) this.#outstanding.remove(flight);
      job.fail(asError(error));
      this.#jobs.delete(job);
    }
  }

  /** The flights that may be sent now, by job. */
  #takeDue(): Map<Job, Flight[]> {
    const due = new Map<Job, Flight[]>();
    // Flights of one job mostly follow one another: this saves the look-up.
    let lastJob: Job | undefined;
    let lastFlights: Flight[] = [];
    this.#queues.takeDue(MAX_PER_RUN, (flight) => {
      if (!this.#isDue(flight)) return;
      const { job } = flight;
      if (lastJob !== job) {
        lastJob = job;
        lastFlights = due.get(job) ?? [];
        due.set(job, lastFlights);
      }
      lastFlights.push(flight);
    });
    return due;
  }

  /** Whether a flight that was taken from its queue needs a message; ends it when it has had its last. */
  #isDue(flight: Flight): boolean {
    if (flight.tried === 0) flight.job.queue.unsent -= 1;
    if (flight.hasEnded) {
      this.#outstanding.remove(flight);
      return false;
    }
    if (!flight.isToBeSent()) {
      this.#endSilent(flight);
      return false;
    }
    if (this.#blocked.size > 0 && this.#blocked.has(flight.job.recipients.impi(flight.ue))) {
      endFlight(this.#outstanding, flight, 'blocked');
      return false;
    }
    if (flight.tried > 0) flight.job.noteRetransmission();
    return true;
  }

  #endSilent(flight: Flight): void {
    endFlight(this.#outstanding, flight, flight.outcomeOfSilence);
  }

  /** Looks again at what may be sent, after an allowance has become larger. */
  wake(): void {
    this.#wake();
  }

  #wake(): void {
    if (!this.#isSending) this.#alarm.set(this.#queues.nextAt());
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
