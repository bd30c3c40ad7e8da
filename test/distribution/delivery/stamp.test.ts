import { describe, expect, it } from 'vitest';
import { MikeyCounters } from '../../../lib/distribution/delivery/counter.ts';
import type { Flight } from '../../../lib/distribution/delivery/flight.ts';
import { stampFlights } from '../../../lib/distribution/delivery/stamp.ts';
import { btidOf } from '../../../lib/gba/btid.ts';
import { SecretKey } from '../../../lib/keys/secret-key.ts';

const NOW = Date.UTC(2026, 10, 24);
const HOUR_MS = 3_600_000;

interface FlightSettings {
  readonly bootstrappedAt?: number;
  readonly expiresAt?: number;
  readonly tried?: number;
}

/** What a stamp needs of a flight; each has a B-TID, a MUK and a CSB ID of its own. */
function flightOf(
  index: number,
  { bootstrappedAt = NOW - HOUR_MS, expiresAt = NOW + HOUR_MS, tried = 0 }: FlightSettings = {},
): Flight {
  const btid = btidOf({ rand: Buffer.alloc(16, index), bsfName: 'bsf.home1.net' });
  const recipient = { btid, bootstrappedAt, expiresAt, muk: new SecretKey(Buffer.alloc(32, index)) };
  return { csbId: 100 + index, tried, recipient } as Flight;
}

/** Random octets as a view of a much larger pull; each octet stands once. */
const octetsOfPull = (length: number) =>
  Uint8Array.from({ length: 256 }, (_, at) => at).subarray(7, 7 + length);

const stamp = (flights: readonly Flight[], counters: Pick<MikeyCounters, 'next'> = new MikeyCounters()) =>
  stampFlights(flights, NOW, counters, octetsOfPull);

describe('stamped flights', () => {
  it('have their own keys and names, and a RAND and a counter that no other has', () => {
    const flights = [1, 2, 3, 1].map((index) => flightOf(index));
    const { stamped, rands, ...rest } = stamp(flights);
    expect(rest).toEqual({ flights, refused: [] });
    expect(rands).toEqual(octetsOfPull(64));
    const elapsed = (HOUR_MS + 60_000) / 10;
    for (const [index, { recipient, csbId }] of flights.entries()) {
      const counter = elapsed + (index === 3 ? 2 : 1);
      const rand = rands.subarray(index * 16, index * 16 + 16);
      expect(stamped[index]).toEqual({ muk: recipient.muk, csbId, rand, counter, ueId: recipient.btid });
      expect(stamped[index]?.muk).toBe(recipient.muk);
    }
  });

  it('have one RAND where all are to have it', () => {
    const shared = Uint8Array.from({ length: 16 }, (_, at) => 200 + at);
    const stamps = stampFlights([flightOf(1), flightOf(2)], NOW, new MikeyCounters(), octetsOfPull, shared);
    expect(stamps.stamped.map(({ rand }) => rand)).toEqual([shared, shared]);
  });

  it('keep no more octets alive than their RANDs', () => {
    expect(stamp([flightOf(1), flightOf(2)]).rands.buffer.byteLength).toBe(32);
  });

  it('stand in the order of their RANDs, also where flights between them are refused', () => {
    const flights = [
      flightOf(1, { expiresAt: NOW }),
      flightOf(2),
      flightOf(3, { expiresAt: NOW - 1 }),
      flightOf(4, { bootstrappedAt: NOW - 498 * 24 * HOUR_MS }),
      flightOf(5, { expiresAt: NOW + 1 }),
    ];
    const stamps = stamp(flights);
    expect(stamps.flights.map(({ csbId }) => csbId)).toEqual([102, 105]);
    expect(stamps.stamped.map(({ csbId }) => csbId)).toEqual([102, 105]);
    for (const [index, { rand }] of stamps.stamped.entries())
      expect(rand).toEqual(stamps.rands.subarray(index * 16, index * 16 + 16));
  });
});

describe('a flight is refused', () => {
  it('when the key lifetime has ended: as expired before its first message, as not verified after it', () => {
    const flights = [flightOf(1, { expiresAt: NOW }), flightOf(2, { expiresAt: NOW, tried: 1 })];
    const { stamped, refused } = stamp(flights);
    expect(stamped).toEqual([]);
    expect(refused).toEqual([
      { flight: flights[0], reason: 'expired-association' },
      { flight: flights[1], reason: 'not-verified' },
    ]);
  });

  it('when no counter is left', () => {
    const flight = flightOf(1, { bootstrappedAt: NOW - 498 * 24 * HOUR_MS });
    expect(stamp([flight]).refused).toEqual([{ flight, reason: 'counter-exhausted' }]);
  });

  it('but never for an error of the program, which stops them all', () => {
    const failure = new Error('a bug');
    const next = () => {
      throw failure;
    };
    expect(() => stamp([flightOf(1)], { next })).toThrow(failure);
  });
});
