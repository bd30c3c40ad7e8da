import { isExpired } from '../../gba/lifetime.ts';
import type { MskRecipient } from '../../mikey/message/msk-batch.ts';
import { DeliveryError, type DeliveryFailure } from '../errors.ts';
import type { MikeyCounters } from './counter.ts';
import type { Flight } from './flight.ts';
import { RAND_LENGTH } from './sent-messages.ts';

/** Flights whose next message can be made, and what makes each message unique under its MUK. */
export interface StampedFlights {
  readonly flights: readonly Flight[];
  /** In the order of the flights. */
  readonly stamped: readonly MskRecipient[];
  /** The RANDs of all, 16 octets each, in the order of the flights; or the one that all have. */
  readonly rands: Uint8Array;
  /** Flights that get no further message, and why. */
  readonly refused: readonly { readonly flight: Flight; readonly reason: DeliveryFailure }[];
}

/**
 * Gives each message its RAND and its counter. Refuses flights whose key lifetime ended while they waited for
 * a token or an answer, and flights for which no counter is left. `now` is ms since the epoch.
 * @param shared the RAND of all messages; undefined: each has one of its own
 */
export function stampFlights(
  due: readonly Flight[],
  now: number,
  counters: Pick<MikeyCounters, 'next'>,
  randomOctets: (length: number) => Uint8Array,
  shared?: Uint8Array,
): StampedFlights {
  const flights: Flight[] = [];
  const stamped: MskRecipient[] = [];
  const refused: { flight: Flight; reason: DeliveryFailure }[] = [];
  // A copy: flights remember the RANDs, and a view would keep the much larger pull.
  const rands = shared ?? new Uint8Array(randomOctets(due.length * RAND_LENGTH));
  for (const flight of due) {
    const { recipient, csbId } = flight;
    const { btid, bootstrappedAt, expiresAt, muk } = recipient;
    if (isExpired(expiresAt, now)) {
      refused.push({ flight, reason: flight.tried === 0 ? 'expired-association' : 'not-verified' });
      continue;
    }
    const randAt = flights.length * RAND_LENGTH;
    try {
      const counter = counters.next(btid, bootstrappedAt, now);
      const rand = shared ?? rands.subarray(randAt, randAt + RAND_LENGTH);
      stamped.push({ muk, csbId, rand, counter, ueId: btid });
      flights.push(flight);
    } catch (error) {
      if (!(error instanceof DeliveryError)) throw error;
      refused.push({ flight, reason: error.code });
    }
  }
  return { flights, stamped, rands, refused };
}
