import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MikeyCounters } from '../../../lib/distribution/delivery/counter.ts';
import { ServiceClock } from '../../../lib/distribution/delivery/service-clock.ts';
import { DeliveryError } from '../../../lib/distribution/errors.ts';
import { btidOf } from '../../../lib/gba/btid.ts';

const BTID = btidOf({ rand: Buffer.alloc(16, 1), bsfName: 'bsf.home1.net' });
const DAY = 24 * 3600 * 1000;

/** A sender with a clock of its own, `skew` ms ahead, that observes the service's. */
function senderWith(skew: number, time: () => number) {
  const clock = new ServiceClock(() => time() + skew);
  const counters = new MikeyCounters();
  return {
    observeDate: () => clock.observe(Math.floor(time() / 1000) * 1000),
    observeSentAt: (sentAt: number) => clock.observe(sentAt),
    now: () => clock.now(),
    next: () => counters.next(BTID, 0, clock.now()),
  };
}

test('counters of one sender grow, also within one unit and when the clock is set back', () => {
  const counters = new MikeyCounters();
  fc.assert(
    fc.property(fc.array(fc.nat(100_000), { minLength: 2 }), (times) => {
      const values = times.map((time) => counters.next(BTID, 0, time));
      for (const [index, value] of values.slice(1).entries())
        expect(value).toBeGreaterThan(values[index] ?? 0);
    }),
  );
});

test('counters last 497 days, and then a new bootstrapping is asked for', () => {
  expect(new MikeyCounters().next(BTID, 0, 496 * DAY)).toBeLessThan(2 ** 32);
  expect(() => new MikeyCounters().next(BTID, 0, 498 * DAY)).toThrow(DeliveryError);
});

test('counters go from 1, at a bootstrapping a minute ahead, to 2^32 - 1', () => {
  const last = 0xffff_fffe * 10 - 60_000;
  expect(new MikeyCounters().next(BTID, 60_000, 0)).toBe(1);
  expect(new MikeyCounters().next(BTID, 90_000, 0)).toBe(1);
  const counters = new MikeyCounters();
  expect(counters.next(BTID, 0, last + 9)).toBe(0xffff_ffff);
  for (const now of [last, last + 10])
    expect(() => counters.next(BTID, 0, now)).toThrow(expect.objectContaining({ code: 'counter-exhausted' }));
});

test('the last counters of N UEs are remembered at least, and of 2 N at most', () => {
  const N = 3;
  const ues = Array.from({ length: 20 }, (_, index) =>
    btidOf({ rand: Buffer.alloc(16, index), bsfName: 'bsf.home1.net' }),
  );
  const isRemembered = (ue: number, count: number) => {
    const counters = new MikeyCounters(N);
    const values = ues.slice(0, count).map((btid) => counters.next(btid, 0, 0));
    return counters.next(ues[ue] ?? BTID, 0, 0) > (values[ue] ?? 0);
  };
  for (let count = 1; count <= ues.length; count++) {
    const remembered = ues.slice(0, count).map((_, ue) => isRemembered(ue, count));
    expect(remembered.slice(-N)).not.toContain(false);
    expect(remembered.filter(Boolean).length).toBeLessThanOrEqual(2 * N);
  }
});

test('a BSF whose clock is some seconds ahead leaves senders numbers that grow', () => {
  const bootstrappedAt = 5000;
  const first = new MikeyCounters().next(BTID, bootstrappedAt, 0);
  const second = new MikeyCounters().next(BTID, bootstrappedAt, 20);
  expect(second).toBeGreaterThan(first);
});

test('a message that answers another over the queue has the greater counter, whatever the clocks of both senders', () => {
  const skew = fc.integer({ min: -1_000_000, max: 1_000_000 });
  const wait = fc.integer({ min: 10, max: 3000 });
  fc.assert(
    fc.property(
      skew,
      skew,
      fc.array(wait, { minLength: 3, maxLength: 12 }),
      wait,
      (one, other, waits, queued) => {
        let time = 10 * DAY;
        const senders = [senderWith(one, () => time), senderWith(other, () => time)] as const;
        for (const [index, ms] of waits.entries()) {
          time += ms;
          senders[index % 2]?.observeDate();
        }
        const pull = senders[0].next();
        // The UE asks for its MSK: the request is put into the queue after the pull was sent, and taken from
        // it later.
        time += 10;
        const sentAt = time;
        time += queued;
        senders[1].observeSentAt(sentAt);
        expect(senders[1].next()).toBeGreaterThan(pull);
      },
    ),
  );
});

test('senders whose clocks are off by 2 s count within a second of each other after one answer, and closer after more', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: -2000, max: 2000 }),
      fc.array(fc.integer({ min: 1, max: 2000 }), { minLength: 1, maxLength: 200 }),
      (skew, waits) => {
        let time = 10 * DAY;
        const sender = senderWith(skew, () => time);
        let closest = 1000;
        for (const ms of waits) {
          time += ms;
          sender.observeDate();
          closest = Math.min(closest, time % 1000);
          expect(sender.now()).toBeLessThanOrEqual(time);
          expect(time - sender.now()).toBeLessThanOrEqual(closest + 1);
        }
      },
    ),
  );
});

test('the clock never goes back, whatever it observes', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ ms: fc.nat(1000), ahead: fc.integer({ min: -5000, max: 5000 }) })),
      (steps) => {
        let time = DAY;
        const clock = new ServiceClock(() => time, 2000);
        let last = clock.now();
        for (const { ms, ahead } of steps) {
          time += ms;
          clock.observe(time + ahead);
          expect(clock.now()).toBeGreaterThanOrEqual(last);
          last = clock.now();
        }
      },
    ),
  );
});
