import type { UeAddress } from '../../address/ue-address.ts';
import type { MskMessageBuilder, MskRecipient } from '../../mikey/message/msk-batch.ts';
import type { DeliveryError } from '../errors.ts';
import type { DatagramTransport } from '../transport/datagram-transport.ts';
import type { MikeyCounters } from './counter.ts';
import type { Flight } from './flight.ts';
import type { FlightOutcome, Job } from './job.ts';
import { makeMessages } from './message-batch.ts';
import type { OutstandingMessages } from './outstanding.ts';
import { type RetransmissionSettings, waitAfter } from './retransmission.ts';
import { type StampedFlights, stampFlights } from './stamp.ts';

/** What sending a batch touches outside the delivery. */
export interface BatchPorts {
  readonly transport: Pick<DatagramTransport, 'sendBatch'>;
  readonly buildMskMessages: MskMessageBuilder;
  readonly counters: Pick<MikeyCounters, 'next'>;
  /** ms since the epoch, by the service clock. */
  readonly now: () => number;
  /** ms of a clock that does not go back. */
  readonly elapsed: () => number;
  /** From 0 to below 1. */
  readonly random: () => number;
  readonly randomOctets: (length: number) => Uint8Array;
}

/** How many messages a batch had, and how many of them were not the first to their UE. */
export interface BatchCount {
  readonly messages: number;
  readonly repeated: number;
}

/**
 * Makes the next message of each flight, which are all of one job, and sends them as one batch.
 *
 * Each message to a UE is a new one, with a greater counter, also where it repeats another; its RAND is that
 * of the MSK, or a new one. A
 * UE accepts a counter only if it is greater than the last it accepted under the MUK (TS 31.102 §4.2.81; RFC
 * 3830 §5.3). It refuses the octets of a message that did arrive in silence when they come again; if only its
 * verification message was lost, the sender would never learn that it holds the MSK. A UE takes a new message
 * in either case, and it brings the same MSK. RFC 3830 §3.1 wants a new time stamp in each message of the
 * initiator anyway. The MAC of a verification message covers RAND and counter of the message that it answers,
 * so the flight remembers all of them. The CSB ID stays: it is one delivery, and the key stream differs by
 * the counter, and by the RAND where another MSK is sent.
 * @param onSent called when the messages are made, before the system has taken them
 */
export async function sendBatch(
  ports: BatchPorts,
  retransmission: RetransmissionSettings,
  outstanding: OutstandingMessages<Flight>,
  job: Job,
  due: readonly Flight[],
  onSent: (count: BatchCount) => void,
): Promise<void> {
  const batch = stampFlights(due, ports.now(), ports.counters, ports.randomOctets, job.rand);
  for (const { flight, reason } of batch.refused) endFlight(outstanding, flight, reason);
  if (batch.flights.length === 0) return;
  const messages = makeMessages(ports.buildMskMessages, job.content, batch.stamped, job.bmscId);
  onSent(rememberBatch(ports, retransmission, job, batch));
  const to = addressesOf(batch.flights);
  const errors = await ports.transport.sendBatch(messages, to);
  if (job.onDatagram !== undefined) for (const error of errors) job.onDatagram(error?.code);
  settleBatch(outstanding, job, batch.flights, errors);
}

/** Ends a flight that no answer is expected for any more. */
export function endFlight(
  outstanding: OutstandingMessages<Flight>,
  flight: Flight,
  outcome: FlightOutcome,
): void {
  outstanding.remove(flight);
  flight.end(outcome);
}

/** Remembers each message in its flight, and puts the flight back in its queue until an answer is overdue. */
function rememberBatch(
  { elapsed, random }: BatchPorts,
  retransmission: RetransmissionSettings,
  { queue }: Job,
  { flights, stamped }: StampedFlights,
): BatchCount {
  const at = elapsed();
  let repeated = 0;
  for (let index = 0; index < flights.length; index++) {
    const flight = flights[index] as Flight;
    if (flight.tried > 0) repeated += 1;
    const { counter, rand } = stamped[index] as MskRecipient;
    flight.remember(counter, at, rand, 0);
    queue.add(at + waitAfter(retransmission, flight.tried, random()), flight);
  }
  return { messages: flights.length, repeated };
}

function addressesOf(flights: readonly Flight[]): UeAddress[] {
  const to: UeAddress[] = [];
  for (const flight of flights) to.push(flight.to);
  return to;
}

/** Ends the flights that need no answer, or whose UE can't be reached. */
function settleBatch(
  outstanding: OutstandingMessages<Flight>,
  { awaitsVerification }: Job,
  flights: readonly Flight[],
  errors: readonly (DeliveryError | undefined)[],
): void {
  for (let index = 0; index < flights.length; index++) {
    const flight = flights[index] as Flight;
    const error = errors[index];
    if (error?.code === 'no-route') endFlight(outstanding, flight, 'no-route');
    // The system may take the next one: this counts as a message that was lost.
    else if (error !== undefined) flight.noteRefused();
    else if (!awaitsVerification) endFlight(outstanding, flight, 'sent');
  }
}
