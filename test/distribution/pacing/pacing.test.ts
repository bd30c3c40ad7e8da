import fc from 'fast-check';
import { expect, test } from 'vitest';
import { JITTER, longestWait, waitAfter } from '../../../lib/distribution/delivery/retransmission.ts';
import { prefixOf } from '../../../lib/distribution/pacing/address-prefix.ts';
import { SendQueue, type SendQueueEntry } from '../../../lib/distribution/pacing/send-queue.ts';
import { TimerQueue } from '../../../lib/distribution/pacing/timer-queue.ts';
import { TokenBucket } from '../../../lib/distribution/pacing/token-bucket.ts';

const rate = fc.double({ min: 0.5, max: 5000, noNaN: true });
const steps = fc.array(fc.double({ min: 0, max: 200, noNaN: true }), { minLength: 1, maxLength: 300 });

/** What passes a bucket when it is asked at these distances, in ms, as often as it lets. */
function passed(perSecond: number, distances: readonly number[]): number[] {
  const bucket = new TokenBucket(perSecond);
  const times: number[] = [];
  let now = 1000;
  for (const distance of distances) {
    now += distance;
    while (bucket.wait(now) === 0 && times.length < 20_000) {
      bucket.take(now);
      times.push(now);
    }
  }
  return times;
}

test('in any stretch of time a token bucket gives no more tokens than its rate and its burst of 50 ms allow', () => {
  fc.assert(
    fc.property(rate, steps, (perSecond, distances) => {
      const times = passed(perSecond, distances);
      const burst = Math.max(1, 0.05 * perSecond);
      for (const [index, start] of times.entries()) {
        const last = times[Math.min(times.length - 1, index + 500)] ?? start;
        const count = Math.min(times.length - index, 501);
        expect(count).toBeLessThanOrEqual(((last - start) * perSecond) / 1000 + burst + 1.001);
      }
    }),
    { numRuns: 100 },
  );
});

test('a token bucket that is asked in time gives its whole rate', () => {
  fc.assert(
    fc.property(rate, (perSecond) => {
      const times = passed(perSecond, Array<number>(1000).fill(10));
      // With a bucket of one token, each token is taken up to 10 ms late.
      const interval = 1000 / perSecond + (perSecond > 40 ? 0 : 10);
      expect(times.length).toBeGreaterThanOrEqual(Math.min(20_000, Math.floor(9900 / interval)));
    }),
  );
});

test('who wakes only to gather tokens gets the whole rate, in far fewer turns', () => {
  fc.assert(
    fc.property(rate, (perSecond) => {
      const bucket = new TokenBucket(perSecond);
      let [tokens, turns, now] = [0, 0, 0];
      // Half a ms more, as timers are late.
      for (; now < 10_000; now += bucket.waitToGather(now) + 0.5) {
        turns += 1;
        while (bucket.wait(now) === 0) {
          bucket.take(now);
          tokens += 1;
        }
      }
      // A bucket of one token loses that half.
      const interval = 1000 / perSecond + (perSecond > 30 ? 0 : 0.5);
      expect(tokens).toBeGreaterThanOrEqual(Math.floor(9900 / interval));
      expect(turns).toBeLessThanOrEqual(1 + Math.max(10_000 / 10, tokens));
    }),
  );
});

test('the wait of a token bucket is long enough, and not too long', () => {
  fc.assert(
    fc.property(rate, fc.nat(50), (perSecond, takes) => {
      const bucket = new TokenBucket(perSecond);
      for (let index = 0; index < takes; index++) bucket.take(0);
      const wait = bucket.wait(0);
      expect(bucket.wait(wait + 1e-6)).toBe(0);
      if (wait > 0.01) expect(bucket.wait(wait - 0.01)).toBeGreaterThan(0);
    }),
  );
});

test('a timer queue returns all entries in the order of their times', () => {
  fc.assert(
    fc.property(fc.array(fc.integer()), (times) => {
      const timers = new TimerQueue<number>();
      for (const at of times) timers.add(at, at);
      const taken = times.map(() => timers.take());
      expect(taken).toEqual([...times].sort((one, other) => one - other));
      expect(timers.take()).toBeUndefined();
      expect(timers.nextAt).toBe(Number.POSITIVE_INFINITY);
    }),
  );
});

interface Entry extends SendQueueEntry {
  readonly id: number;
}
const entryOf = (id: number, prefix: string): Entry => ({ id, prefix, isToBeSent: () => true });

test('a send queue keeps the rate of each prefix, loses nothing, and lets no prefix hold up another', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ prefix: fc.constantFrom('a', 'b', 'c'), at: fc.nat(500) }), { maxLength: 120 }),
      fc.integer({ min: 5, max: 200 }),
      (entries, perPrefixPerSecond) => {
        const queue = new SendQueue<Entry>({ perSecond: undefined, perPrefixPerSecond });
        for (const [id, { prefix, at }] of entries.entries()) queue.add(at, entryOf(id, prefix));
        const sender = new TokenBucket(Number.POSITIVE_INFINITY);
        const sent: { id: number; prefix: string; now: number }[] = [];
        for (let now = 0; queue.size > 0 && now < 60_000; now += 1) {
          for (let entry = queue.take(now, sender); entry !== undefined; entry = queue.take(now, sender))
            sent.push({ id: entry.id, prefix: entry.prefix, now });
        }
        expect(sent.map(({ id }) => id).sort((one, other) => one - other)).toEqual(
          entries.map((_, id) => id),
        );
        for (const prefix of ['a', 'b', 'c']) {
          const times = sent.filter((each) => each.prefix === prefix).map(({ now }) => now);
          const burst = Math.max(1, 0.05 * perPrefixPerSecond);
          for (const [index, start] of times.entries())
            for (const [more, time] of times.slice(index).entries())
              expect(more + 1).toBeLessThanOrEqual(
                ((time - start) * perPrefixPerSecond) / 1000 + burst + 1.001,
              );
          const due = entries.filter((each) => each.prefix === prefix);
          const latest = Math.max(0, ...due.map(({ at }) => at));
          const enough = latest + (due.length * 1000) / perPrefixPerSecond + due.length + 2;
          for (const time of times) expect(time).toBeLessThanOrEqual(enough);
        }
      },
    ),
    { numRuns: 60 },
  );
});

test('an entry that is not to be sent any more leaves a send queue without a token', () => {
  const queue = new SendQueue<SendQueueEntry>({ perSecond: 1, perPrefixPerSecond: undefined });
  const sender = new TokenBucket(Number.POSITIVE_INFINITY);
  queue.add(0, entryOf(1, ''));
  expect(queue.take(0, sender)).toBeDefined();
  for (let index = 0; index < 10; index++) queue.add(1, { prefix: '', isToBeSent: () => false });
  queue.add(2, entryOf(2, ''));
  for (let index = 0; index < 10; index++) expect(queue.take(2, sender)?.isToBeSent()).toBe(false);
  expect(queue.take(2, sender)).toBeUndefined();
  expect(queue.take(1002, sender)).toBeDefined();
});

test('waits double from the first, within the jitter, and come to an end', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 8 }),
      fc.integer({ min: 50, max: 60_000 }),
      fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), { minLength: 8, maxLength: 8 }),
      (tries, firstMs, randoms) => {
        const settings = { tries, firstMs };
        const waits = randoms.slice(0, tries).map((random, index) => waitAfter(settings, index + 1, random));
        for (const [index, wait] of waits.entries()) {
          const middle = firstMs * 2 ** index;
          expect(wait).toBeGreaterThanOrEqual(middle * (1 - JITTER) - 1e-6);
          expect(wait).toBeLessThanOrEqual(middle * (1 + JITTER) + 1e-6);
        }
        expect(waits.reduce((sum, wait) => sum + wait, 0)).toBeLessThanOrEqual(longestWait(settings) + 1e-6);
      },
    ),
  );
});

test('addresses have the same prefix exactly when their leading bits are the same', () => {
  const lengths = { ipv4: 24, ipv6: 56 };
  expect(prefixOf('192.0.2.1', lengths)).toBe(prefixOf('192.0.2.254', lengths));
  expect(prefixOf('192.0.2.1', lengths)).not.toBe(prefixOf('192.0.3.1', lengths));
  expect(prefixOf('::ffff:192.0.2.1', lengths)).toBe(prefixOf('192.0.2.9', lengths));
  expect(prefixOf('2001:db8:0:100::1', lengths)).toBe(prefixOf('2001:db8:0:1ff:5::', lengths));
  expect(prefixOf('2001:db8:0:100::1', lengths)).not.toBe(prefixOf('2001:db8:0:200::1', lengths));
  expect(prefixOf('2001:db8::192.0.2.1', { ipv4: 24, ipv6: 112 })).toBe(
    prefixOf('2001:db8::c000:299', { ipv4: 24, ipv6: 112 }),
  );
  const bits = (octets: readonly number[]) =>
    octets.map((octet) => octet.toString(2).padStart(8, '0')).join('');
  fc.assert(
    fc.property(
      fc.array(fc.nat(255), { minLength: 4, maxLength: 4 }),
      fc.array(fc.nat(255), { minLength: 4, maxLength: 4 }),
      fc.nat(32),
      (one, other, ipv4) => {
        const same = bits(one).slice(0, ipv4) === bits(other).slice(0, ipv4);
        const prefixes = [one, other].map((octets) => prefixOf(octets.join('.'), { ipv4, ipv6: 0 }));
        expect(prefixes[0] === prefixes[1]).toBe(same);
      },
    ),
  );
});
