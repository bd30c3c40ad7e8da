import { describe, expect, test } from 'vitest';
import { MikeyCounters } from '../../lib/distribution/delivery/counter.ts';
import { ServiceClock } from '../../lib/distribution/delivery/service-clock.ts';
import { parseBtid } from '../../lib/gba/btid.ts';
import { seededRandom } from '../seeded-random.ts';

const UE = parseBtid('cmFuZA==@bsf.home1.net');
const BOOTSTRAPPED_AT = 1_000_000_000_000;
const MESSAGES = 2000;

interface SimulatedSender {
  readonly clock: Pick<ServiceClock, 'now' | 'observe'>;
  readonly next: () => number;
}

/**
 * Senders whose clocks are wrong, and run fast or slow, send one UE messages in turn, each because of
 * something that was put in the queue `gapMs` or more after the message before. They hear when that was, and
 * the dates of some other answers, which have whole seconds and are late. Time passes as the simulation says.
 * @returns how many messages the UE refuses because the counter is not greater than the last
 */
function refusedOf(
  seed: number,
  skewsMs: readonly number[],
  { gapMs, driftPpm }: { readonly gapMs: number; readonly driftPpm: number },
  createClock: (own: () => number) => SimulatedSender['clock'],
): number {
  const random = seededRandom(seed);
  let time = BOOTSTRAPPED_AT + 3600_000;
  const senders = skewsMs.map((skewMs): SimulatedSender => {
    const pace = 1 + (2 * random.next() - 1) * driftPpm * 1e-6;
    const clock = createClock(() => (time - BOOTSTRAPPED_AT) * pace + BOOTSTRAPPED_AT + skewMs);
    const counters = new MikeyCounters();
    return { clock, next: () => counters.next(UE, BOOTSTRAPPED_AT, clock.now()) };
  });
  let last = 0;
  let refused = 0;
  for (let message = 0; message < MESSAGES; message++) {
    time += gapMs + random.whole(random.happens(0.1) ? 100_000 : 50);
    const queuedAt = time;
    time += 1 + random.whole(200);
    const sender = senders[random.whole(senders.length)];
    if (sender === undefined) continue;
    sender.clock.observe(queuedAt);
    if (random.happens(0.5)) sender.clock.observe(Math.floor((time - random.whole(100)) / 1000) * 1000);
    const counter = sender.next();
    if (counter <= last) refused += 1;
    else last = counter;
  }
  return refused;
}

describe('counters of senders whose clocks differ', () => {
  const SKEWS = [
    [-2000, 2000],
    [-2000, -700, 900, 2000],
    [0, 86_400_000],
  ];
  const refused = (skews: readonly number[], pace: { gapMs: number; driftPpm: number }) =>
    Array.from({ length: 20 }, (_, seed) => refusedOf(seed, skews, pace, (own) => new ServiceClock(own)));

  test.each(SKEWS.map((skews) => [skews]))(
    'by %j ms: a UE refuses no message that follows another by 10 ms',
    (skews) => {
      expect(refused(skews, { gapMs: 10, driftPpm: 0 })).toEqual(new Array(20).fill(0));
    },
  );

  test.each(SKEWS.map((skews) => [skews]))(
    'by %j ms and that drift by 50 ppm: a UE refuses no message that follows another by 100 ms',
    (skews) => {
      expect(refused(skews, { gapMs: 100, driftPpm: 50 })).toEqual(new Array(20).fill(0));
    },
  );

  test('would be refused if the senders went by their own clocks', () => {
    const ownClock = (own: () => number) => ({ now: () => Math.floor(own()), observe: () => {} });
    expect(refusedOf(1, [-2000, 2000], { gapMs: 10, driftPpm: 0 }, ownClock)).toBeGreaterThan(MESSAGES / 10);
  });
});
