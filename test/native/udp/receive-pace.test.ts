import { describe, expect, it } from 'vitest';
import { ReceivePace } from '../../../lib/native/udp/receive-pace.ts';

/** Reads a socket to which so many datagrams come in a ms: the times of its reads, and their counts. */
function readsOf(perMs: number, forMs: number): { at: number; count: number }[] {
  const pace = new ReceivePace();
  const reads: { at: number; count: number }[] = [];
  let [now, came] = [0, 0];
  while (now < forMs) {
    const count = Math.floor(now * perMs) - came;
    came += count;
    reads.push({ at: now, count });
    const pause = pace.pauseAfter(count, now);
    const next = (came + 1) / perMs;
    // Unless it pauses, it reads when the next one comes; no read takes less than 20 µs.
    now = pause > 0 ? now + pause : Math.max(next, now + 0.02);
  }
  return reads;
}

describe('the pause after a read', () => {
  it('is none where datagrams come seldom', () => {
    const pace = new ReceivePace();
    expect(pace.pauseAfter(1, 1000)).toBe(0);
    expect(pace.pauseAfter(1, 1100)).toBe(0);
    expect(readsOf(0.05, 1000).every(({ count }) => count <= 1)).toBe(true);
  });

  it('gathers those that come one by one, and lets none wait for longer than 32 ms', () => {
    const reads = readsOf(2, 1000);
    expect(reads.length).toBeLessThan(1000 / 30);
    for (const [index, { at }] of reads.entries())
      expect(at - (reads[index - 1]?.at ?? at)).toBeLessThanOrEqual(32);
  });

  it('gathers fewer than a socket keeps, however many come', () => {
    for (const perMs of [5, 20, 60, 200, 1000])
      for (const { count } of readsOf(perMs, 500).slice(2)) expect(count).toBeLessThan(128);
  });

  it('ends when nothing came meanwhile', () => {
    const pace = new ReceivePace();
    pace.pauseAfter(1, 1000);
    expect(pace.pauseAfter(1, 1000.5)).toBeGreaterThan(0);
    expect(pace.pauseAfter(0, 1032.5)).toBe(0);
  });
});
