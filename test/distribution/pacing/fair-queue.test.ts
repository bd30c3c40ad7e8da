import { expect, test } from 'vitest';
import type { UeAllowance } from '../../../lib/distribution/pacing/allowance.ts';
import { FairQueue, type FairQueueEntry } from '../../../lib/distribution/pacing/fair-queue.ts';
import { SendQueue } from '../../../lib/distribution/pacing/send-queue.ts';
import { TokenBucket } from '../../../lib/distribution/pacing/token-bucket.ts';

interface Entry extends FairQueueEntry {
  readonly ue: number;
}

let now = 0;

function newUe(ue: number, covers = () => true) {
  const allowance: UeAllowance = { covers, spend: () => {}, onMore: () => {} };
  const entry = (): Entry => {
    let isGivenUp = false;
    return {
      ue,
      allowance,
      octets: 165,
      tried: 0,
      to: { address: '192.0.2.1', port: 2269 },
      prefix: '',
      isToBeSent: () => !isGivenUp,
      giveUp: () => {
        isGivenUp = true;
      },
    };
  };
  return { allowance, entry };
}

/** The UEs of the entries that are taken, in order, and how many of them were given up. */
function takeAll(queue: FairQueue<Entry>, most = 100_000): number[] {
  const ues: number[] = [];
  for (let entry = queue.take(); entry !== undefined; entry = queue.take()) {
    ues.push(entry.isToBeSent() ? entry.ue : -entry.ue);
    if (ues.length === most) break;
  }
  return ues;
}

test('UEs take turns, and a UE that had nothing to send comes first', () => {
  now = 0;
  const queue = new FairQueue<Entry>(() => now, 16_000);
  const [greedy, other, honest] = [newUe(1), newUe(2), newUe(3)];
  for (let index = 0; index < 5; index++) queue.addInOrder(0, greedy.entry());
  for (let index = 0; index < 2; index++) queue.addInOrder(0, other.entry());
  expect(takeAll(queue, 3)).toEqual([1, 2, 1]);
  queue.addInOrder(0, honest.entry());
  expect(takeAll(queue)).toEqual([3, 2, 1, 1, 1]);
  expect([queue.size, queue.ues, queue.nextAt]).toEqual([0, 0, Number.POSITIVE_INFINITY]);
});

test('an honest UE waits no longer than three times as long behind 240 requests of 60 MSKs in 12 s', () => {
  const honestWaits = (isAttacked: boolean): number[] => {
    now = 0;
    const fair = new FairQueue<Entry>(() => now, 16_000);
    const queue = new SendQueue<Entry>({ perSecond: 2000, perPrefixPerSecond: undefined }, fair);
    const sender = new TokenBucket(2000);
    const addedAt = new Map<Entry, number>();
    const waits: number[] = [];
    // Ten UEs, so that not even their number stands against the honest one.
    const greedy = Array.from({ length: 10 }, (_, index) => newUe(index));
    for (; now < 30_000; now += 1) {
      if (isAttacked && now < 12_000 && now % 50 === 0)
        for (let index = 0; index < 240; index++)
          queue.addInOrder(now, (greedy[index % 10] as (typeof greedy)[0]).entry());
      if (now % 100 === 0) {
        const entry = newUe(1000 + now).entry();
        addedAt.set(entry, now);
        queue.addInOrder(now, entry);
      }
      for (let entry = queue.take(now, sender); entry !== undefined; entry = queue.take(now, sender)) {
        const at = addedAt.get(entry);
        if (at !== undefined) waits.push(now - at);
      }
    }
    return waits.toSorted((one, other) => one - other);
  };
  const quiet = honestWaits(false);
  const attacked = honestWaits(true);
  expect([quiet.length, attacked.length]).toEqual([300, 300]);
  // Of the 45 ms that an answer takes in quiet.
  expect(attacked[296]).toBeLessThanOrEqual((quiet[296] ?? 0) + 2);
});

test('entries that an allowance does not cover hold up no other UE, and go when it grows', () => {
  now = 0;
  let isCovered = false;
  const queue = new FairQueue<Entry>(() => now, 16_000);
  const held = newUe(1, () => isCovered);
  const free = newUe(2);
  for (let index = 0; index < 3; index++) queue.addInOrder(0, held.entry());
  queue.addInOrder(0, free.entry());
  expect(takeAll(queue)).toEqual([2]);
  expect([queue.size, queue.nextAt]).toEqual([3, 16_000]);
  isCovered = true;
  held.allowance.onMore();
  expect(takeAll(queue)).toEqual([1, 1, 1]);
  now = 20_000;
  expect([queue.take(), queue.ues, queue.nextAt]).toEqual([undefined, 0, Number.POSITIVE_INFINITY]);
});

test('entries that are held for 16 s are given up', () => {
  now = 0;
  const queue = new FairQueue<Entry>(() => now, 16_000);
  const held = newUe(1, () => false);
  queue.addInOrder(0, held.entry());
  queue.add(10_000, held.entry());
  expect(takeAll(queue)).toEqual([]);
  now = 15_999;
  expect(takeAll(queue)).toEqual([]);
  now = 16_000;
  expect(takeAll(queue)).toEqual([-1, -1]);
  expect([queue.size, queue.ues]).toEqual([0, 0]);
});
