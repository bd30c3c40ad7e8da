import type { UeAddress } from '../../address/ue-address.ts';
import { nafId } from '../../gba/naf-id.ts';
import type { MskMessageBuilder, MskRecipient } from '../../mikey/message/msk-batch.ts';
import type { Pacing } from '../../store/ledger/push.ts';
import type { PageOutcome } from '../../store/ledger/push-page.ts';
import { DeliveryInterrupted } from '../errors.ts';
import { type PrefixLengths, prefixOf } from '../pacing/address-prefix.ts';
import { createLanes, type LanesSettings, type OpenLane, pacingOfShare } from '../pacing/send-queues.ts';
import type { Recipient } from '../recipients/recipient.ts';
import type { DatagramTransport } from '../transport/datagram-transport.ts';
import { createAlarm } from './alarm.ts';
import type { MikeyCounters } from './counter.ts';
import { type Share, WHOLE } from './csb-id.ts';
import { Flight, type Job, RAND_LENGTH } from './flight.ts';
import { type MessageContent, makeMessages } from './message-batch.ts';
import { createOutstandingMessages, type IgnoredReason } from './outstanding.ts';
import { createRandom32 } from './random-octets.ts';
import { type RetransmissionSettings, waitAfter } from './retransmission.ts';
import { stampFlights } from './stamp.ts';

/** How a sender sends, unless a push says otherwise. */
export interface DeliverySettings extends LanesSettings {
  readonly nafFqdn: string;
  readonly retransmission: RetransmissionSettings;
  readonly prefixLengths: PrefixLengths;
  /** Which of the senders on its port this is; left out, it is the only one. The pacing of a push is shared out among them. */
  readonly share?: Share;
}

/** What the delivery touches outside itself. */
export interface DeliveryPorts {
  readonly transport: Pick<DatagramTransport, 'sendBatch'>;
  readonly buildMskMessages: MskMessageBuilder;
  readonly counters: MikeyCounters;
  /** ms since the epoch, by the service's clock. */
  readonly now: () => number;
  /** ms of a clock that does not go back. */
  readonly elapsed: () => number;
  /** From 0 to below 1. */
  readonly random: () => number;
  readonly randomOctets: (length: number) => Uint8Array;
  readonly tell: (what: DeliveryFact) => void;
}

/** What is counted. */
export type DeliveryFact =
  | { readonly kind: 'sent'; readonly messages: number; readonly repeated: number }
  | { readonly kind: 'verified'; readonly latencyMs: number }
  | { readonly kind: 'ignored'; readonly reason: IgnoredReason };

/** Messages of one content to the UEs of one page. */
export interface DeliveryOrder {
  /** Orders of one lane share its pacing: that of the first. */
  readonly lane: string;
  readonly content: MessageContent;
  readonly pacing: Pacing;
  readonly recipients: readonly Recipient[];
  /** Told, at most twice, who has confirmed while others are still waited for. */
  readonly onMostVerified?: (verified: readonly string[]) => void;
}

/** Sends messages at their pace, again where no answer comes, and says what became of each UE. */
export interface Delivery {
  /** @throws DeliveryInterrupted when the sender stops before all are through */
  readonly deliver: (order: DeliveryOrder) => Promise<PageOutcome>;
  /** Takes a datagram that came in; anything but the answer that is waited for is ignored and counted. */
  readonly receive: (datagram: Uint8Array) => void;
  /** UEs that are not through: the whole state of the delivery, and in memory only. */
  readonly underWay: number;
  /** Orders that are not through. */
  readonly orders: number;
  /** Whether as many UEs of a lane wait for their first message as can be sent in some seconds: more is for other senders. */
  readonly hasEnough: (lane: string) => boolean;
  /** Gives up all that is under way. */
  readonly interrupt: () => void;
}

/** Messages made in one go, before sockets are heard again. */
const AT_ONCE = 256;
/** When so small a share of a page's UEs is left, and this many ms later, the others are told of: the rest may be out of reach. */
const FEW_SHARE = 0.1;
const FEW_AFTER_MS = 200;

/** A delivery with nothing under way. */
export function createDelivery(settings: DeliverySettings, ports: DeliveryPorts): Delivery {
  const { retransmission, share = WHOLE } = settings;
  const bmscId = nafId(settings.nafFqdn);
  const outstanding = createOutstandingMessages<Flight>(createRandom32(ports.randomOctets), share);
  const lanes = createLanes<Flight>(settings, ports.elapsed);
  const jobs = new Set<Job>();
  const alarm = createAlarm(ports.elapsed, () => void run());
  let isSending = false;
  let isInterrupted = false;

  const deliver = (order: DeliveryOrder) =>
    new Promise<PageOutcome>((resolve, reject) => {
      const { content, recipients, pacing } = order;
      if (isInterrupted) return reject(new DeliveryInterrupted());
      if (recipients.length === 0) return resolve({ verified: [], sent: [], failed: {} });
      const job: Job = {
        content,
        awaitsVerification: content.kind === 'msk' && content.verification,
        tries: retransmission.tries,
        bmscId,
        verified: [],
        sent: [],
        failed: {},
        remaining: recipients.length,
        isOver: false,
        few: Math.ceil(recipients.length * FEW_SHARE),
        hasTriedAgain: false,
        // Somewhat later, when those who can have answered: mostly all have then, and there is nothing to tell.
        tellVerified: () =>
          setTimeout(() => {
            if (jobs.has(job)) order.onMostVerified?.([...job.verified]);
          }, FEW_AFTER_MS),
        resolve: (outcome) => {
          jobs.delete(job);
          resolve(outcome);
        },
        reject,
      };
      jobs.add(job);
      const open = lanes.open(order.lane, pacingOfShare(pacing, share.of));
      const isByPrefix = (pacing.perPrefixPerSecond ?? settings.perPrefixPerSecond) !== undefined;
      const spreadMs = (pacing.spreadSeconds ?? 0) * 1000;
      const now = ports.elapsed();
      for (const recipient of recipients) {
        const prefix = isByPrefix ? prefixOf(recipient.address.address, settings.prefixLengths) : '';
        const flight = new Flight(job, recipient, outstanding.freeCsbId(), prefix);
        open.unsent += 1;
        // Before anything is sent: no two may have the same CSB ID.
        if (job.awaitsVerification) outstanding.add(flight);
        if (spreadMs === 0) open.lane.addInOrder(now, flight);
        else open.lane.add(now + spreadMs * ports.random(), flight);
      }
      wake();
    });

  /**
   * Sends what is due, lane by lane in turn, so that a push to millions does not hold up an answer to one UE. What
   * goes to the UEs of one page is made and sent as one batch; the next is made when the system has taken it.
   */
  const run = async () => {
    isSending = true;
    for (const [{ job, open }, flights] of takeDue()) {
      if (job.isOver) continue;
      await send(job, open, flights).catch((error: unknown) => {
        for (const flight of flights) outstanding.remove(flight);
        fail(job, asError(error));
      });
    }
    isSending = false;
    wake();
  };

  /** What may be sent now, by page. */
  const takeDue = () => {
    const due = new Map<Job, { open: OpenLane<Flight>; flights: Flight[] }>();
    let last: { job: Job; flights: Flight[] } | undefined;
    lanes.takeDue(AT_ONCE, (flight, open) => {
      if (!isDue(flight, open)) return;
      const { job } = flight;
      if (last?.job !== job) {
        const known = due.get(job) ?? { open, flights: [] };
        due.set(job, known);
        last = { job, flights: known.flights };
      }
      last.flights.push(flight);
    });
    return [...due].map(([job, { open, flights }]) => [{ job, open }, flights] as const);
  };

  const isDue = (flight: Flight, open: OpenLane<Flight>): boolean => {
    if (flight.tried === 0) open.unsent -= 1;
    if (flight.isOver) outstanding.remove(flight);
    else if (!flight.isToBeSent()) finish(flight, flight.isRefused ? 'not-sent' : 'not-verified');
    else {
      tellOfOthers(flight);
      return true;
    }
    return false;
  };

  /** The first that is tried again shows that others are waited for. */
  const tellOfOthers = ({ tried, job }: Flight) => {
    if (tried === 0 || job.hasTriedAgain) return;
    job.hasTriedAgain = true;
    job.tellVerified();
  };

  /**
   * Each message to a UE is a new one, with a new RAND and a greater counter, also where it repeats another. A UE
   * accepts a counter only if it is greater than the last it accepted under the MUK (TS 31.102 §4.2.81; RFC 3830
   * §5.3), so the octets of a message that did arrive are refused in silence when they come again; were only
   * its verification message lost, the UE would never be known to hold the MSK. A new message is taken in either case,
   * and brings the same MSK. RFC 3830 §3.1 wants a new time stamp in each message of the initiator anyway. The MAC of
   * a verification message covers RAND and counter of the message that it answers, so all are remembered. The CSB ID
   * stays: it is one delivery, and the key stream differs by RAND and counter.
   */
  const send = async (job: Job, open: OpenLane<Flight>, due: readonly Flight[]) => {
    const { counters, randomOctets } = ports;
    const { flights, stamped, rands, refused } = stampFlights(due, ports.now(), counters, randomOctets);
    for (const { flight, reason } of refused) finish(flight, reason);
    if (flights.length === 0) return;
    const batch = makeMessages(ports.buildMskMessages, job.content, stamped, bmscId);
    const at = ports.elapsed();
    const to: UeAddress[] = [];
    let repeated = 0;
    for (let index = 0; index < flights.length; index++) {
      const flight = flights[index] as Flight;
      if (flight.tried > 0) repeated += 1;
      flight.remember((stamped[index] as MskRecipient).counter, at, rands, index * RAND_LENGTH);
      flight.isRefused = false;
      open.lane.add(at + waitAfter(retransmission, flight.tried, ports.random()), flight);
      to.push(flight.recipient.address);
    }
    ports.tell({ kind: 'sent', messages: flights.length, repeated });
    const outcomes = await ports.transport.sendBatch(batch, to);
    for (let index = 0; index < flights.length; index++) {
      const flight = flights[index] as Flight;
      const error = outcomes[index];
      if (error?.code === 'no-route') finish(flight, 'no-route');
      // Another time the system may take it: it counts as a message that was lost.
      else if (error !== undefined) flight.isRefused = true;
      else if (!job.awaitsVerification) finish(flight, 'sent');
    }
  };

  const finish = (flight: Flight, outcome: Parameters<Flight['end']>[0]) => {
    outstanding.remove(flight);
    flight.end(outcome);
  };

  const fail = (job: Job, error: Error) => {
    job.isOver = true;
    jobs.delete(job);
    job.reject(error);
  };

  const wake = () => {
    if (!isSending) alarm.set(lanes.nextAt());
  };

  return {
    deliver,
    receive: (datagram) => {
      const received = outstanding.receive(datagram);
      if (received.kind === 'ignored') return ports.tell(received);
      const flight = received.outstanding;
      ports.tell({
        kind: 'verified',
        latencyMs: ports.elapsed() - (flight.sentAt(received.counter) ?? ports.elapsed()),
      });
      flight.end('verified');
    },
    get underWay() {
      let sum = 0;
      for (const { remaining } of jobs) sum += remaining;
      return sum;
    },
    get orders() {
      return jobs.size;
    },
    hasEnough: lanes.hasEnough,
    interrupt: () => {
      isInterrupted = true;
      alarm.cancel();
      lanes.clear();
      outstanding.clear();
      for (const job of [...jobs]) fail(job, new DeliveryInterrupted());
    },
  };
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
