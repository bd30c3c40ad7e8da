import { beforeEach, describe, expect, test } from 'vitest';
import { MtkNumbers, type ReserveNumbers } from '../../lib/traffic/mtk-numbers.ts';
import type { TrafficMsk } from '../../lib/traffic/traffic-key.ts';
import { aMsk } from './msks.ts';

/** Three MTK IDs and 600 counters, given out as by the table: each once, whoever asks. */
let left: { mtkId: number; counter: number };
let asked: { readonly mtkIds: number; readonly counters: number }[];
const LAST = { mtkId: 3, counter: 600 };
const reserve: ReserveNumbers = async (_, wanted) => {
  asked.push(wanted);
  const { mtkId, counter } = left;
  if (mtkId + wanted.mtkIds - 1 > LAST.mtkId || counter + wanted.counters - 1 > LAST.counter)
    return undefined;
  left = { mtkId: mtkId + wanted.mtkIds, counter: counter + wanted.counters };
  return { mtkId, counter, mtkIdsLeft: LAST.mtkId + 1 - left.mtkId };
};

let msk: TrafficMsk;
beforeEach(() => {
  left = { mtkId: 1, counter: 1 };
  asked = [];
  msk = aMsk(1);
});
const take = async (numbers: MtkNumbers, times: number) => {
  const taken: (number | undefined)[] = [];
  for (let time = 0; time < times; time++) taken.push(await numbers.takeCounter(msk));
  return taken;
};
const upTo = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);

describe('MTK IDs and counters', () => {
  test('a counter is taken once: blocks follow each other, and those of two instances do not meet', async () => {
    const [one, other] = [new MtkNumbers(reserve), new MtkNumbers(reserve)];
    expect(await take(one, 1)).toEqual([1]);
    expect(await take(other, 256)).toEqual(upTo(257, 512));
    expect(await take(one, 255)).toEqual(upTo(2, 256));
    expect(asked).toEqual([
      { mtkIds: 0, counters: 256 },
      { mtkIds: 0, counters: 256 },
    ]);
  });

  test('counters that are spent are none', async () => {
    const numbers = new MtkNumbers(reserve);
    expect(await take(numbers, 514)).toEqual([...upTo(1, 512), undefined, undefined]);
  });

  test('an MTK ID brings counters with it, and there is nothing to ask for them', async () => {
    const numbers = new MtkNumbers(reserve);
    expect(await numbers.takeMtkId(msk)).toMatchObject({ mtkId: 1, mtkIdsLeft: 2 });
    expect(await take(numbers, 256)).toEqual(upTo(1, 256));
    expect(asked).toEqual([{ mtkIds: 1, counters: 256 }]);
    expect(await take(numbers, 1)).toEqual([257]);
  });

  test('a range that is spent is not asked for again; a wider one of the same MSK is', async () => {
    const numbers = new MtkNumbers(reserve);
    left = { mtkId: 4, counter: 1 };
    expect(await numbers.takeMtkId(msk)).toBeUndefined();
    expect(await numbers.takeMtkId(msk)).toBeUndefined();
    expect(asked).toHaveLength(1);
    msk = { ...msk, validity: { ...msk.validity, sequ: msk.validity.sequ - 1 } };
    left = { mtkId: 3, counter: 1 };
    expect(await numbers.takeMtkId(msk)).toMatchObject({ mtkId: 3, mtkIdsLeft: 0 });
  });
});
