import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createMikeyCounters } from '../../../lib/distribution/delivery/counter.ts';
import { createServiceClock } from '../../../lib/distribution/delivery/service-clock.ts';
import { DeliveryError } from '../../../lib/distribution/errors.ts';
import { btidOf } from '../../../lib/gba/btid.ts';

const BTID = btidOf({ rand: Buffer.alloc(16, 1), bsfName: 'bsf.home1.net' });
const DAY = 24 * 3600 * 1000;

/** A sender with a clock of its own, `skew` ms ahead, that hears of the service's. */
function senderWith(skew: number, time: () => number) {
  const clock = createServiceClock(() => time() + skew);
  const counters = createMikeyCounters();
  return {
    hearDate: () => clock.hear(Math.floor(time() / 1000) * 1000),
    hearSentAt: clock.hear,
    now: clock.now,
    next: () => counters.next(BTID, 0, clock.now()),
  };
}

test('counters of one sender grow, also within one unit and when the clock is told to go back', () => {
  const counters = createMikeyCounters();
  fc.assert(
    fc.property(fc.array(fc.nat(100_000), { minLength: 2 }), (times) => {
      const values = times.map((time) => counters.next(BTID, 0, time));
      for (const [index, value] of values.slice(1).entries())
        expect(value).toBeGreaterThan(values[index] ?? 0);
    }),
  );
});

test('counters last 497 days, and then a new bootstrapping is asked for', () => {
  expect(createMikeyCounters().next(BTID, 0, 496 * DAY)).toBeLessThan(2 ** 32);
  expect(() => createMikeyCounters().next(BTID, 0, 498 * DAY)).toThrow(DeliveryError);
});

test('a BSF whose clock is some seconds ahead leaves senders numbers that grow', () => {
  const bootstrappedAt = 5000;
  const first = createMikeyCounters().next(BTID, bootstrappedAt, 0);
  const second = createMikeyCounters().next(BTID, bootstrappedAt, 20);
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
          senders[index % 2]?.hearDate();
        }
        const pull = senders[0].next();
        // The UE asks for its MSK: the request is put into the queue after the pull was sent, and taken from
        // it later.
        time += 10;
        const sentAt = time;
        time += queued;
        senders[1].hearSentAt(sentAt);
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
          sender.hearDate();
          closest = Math.min(closest, time % 1000);
          expect(sender.now()).toBeLessThanOrEqual(time);
          expect(time - sender.now()).toBeLessThanOrEqual(closest + 1);
        }
      },
    ),
  );
});

test('the clock never goes back, whatever it hears', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ ms: fc.nat(1000), heard: fc.integer({ min: -5000, max: 5000 }) })),
      (steps) => {
        let time = DAY;
        const clock = createServiceClock(() => time, 2000);
        let last = clock.now();
        for (const { ms, heard } of steps) {
          time += ms;
          clock.hear(time + heard);
          expect(clock.now()).toBeGreaterThanOrEqual(last);
          last = clock.now();
        }
      },
    ),
  );
});
