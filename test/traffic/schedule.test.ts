import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { decodeMikeyMessage, openMtkMessage } from '../../lib/mikey/index.ts';
import type { ReserveNumbers } from '../../lib/traffic/mtk-numbers.ts';
import { type MskView, MtkSchedule, type ScheduleSettings, type Step } from '../../lib/traffic/schedule.ts';
import { idOfMsk, nameOfMsk, type TrafficMsk } from '../../lib/traffic/traffic-key.ts';
import { aMsk, newMtk } from './msks.ts';

const SETTINGS: ScheduleSettings = {
  changeMs: 10_000,
  repeatMs: 1000,
  announceMs: 2000,
  overlapMs: 0,
  lowMtkIds: 2,
};
const NONE: ReadonlySet<string> = new Set();

/** Gives out numbers as the table does, over the instances of a test. */
class Numbers {
  readonly given = new Map<string, { mtkId: number; counter: number }>();
  readonly reserve: ReserveNumbers = async (msk, { mtkIds, counters }) => {
    const name = nameOfMsk(msk);
    const { mtkId, counter } = this.given.get(name) ?? { mtkId: msk.validity.seql, counter: 1 };
    if (mtkId + mtkIds - 1 > msk.validity.sequ) return undefined;
    this.given.set(name, { mtkId: mtkId + mtkIds, counter: counter + counters });
    return { mtkId, counter, mtkIdsLeft: msk.validity.sequ - mtkId - mtkIds + 1 };
  };
}

let numbers: Numbers;
let schedule: MtkSchedule;
let now: number;
const start = (settings: Partial<ScheduleSettings> = {}) => {
  schedule = new MtkSchedule({ ...SETTINGS, ...settings }, { reserve: numbers.reserve, newMtk });
};
beforeEach(() => {
  numbers = new Numbers();
  now = 0;
  start();
});

const viewOf = (current: TrafficMsk | undefined, more: Partial<MskView> = {}): MskView => ({
  current,
  next: undefined,
  revoked: NONE,
  ...more,
});
/** Steps every 100 ms for `ms`; all that came of it. */
const run = async (view: MskView, ms: number): Promise<Step> => {
  const all = { messages: [] as Uint8Array[], events: [] as Step['events'][number][] };
  let inUse: Step['inUse'];
  for (const end = now + ms; now < end; now += 100) {
    const step = await schedule.step(now, view);
    all.messages.push(...step.messages);
    all.events.push(...step.events);
    inUse = step.inUse;
  }
  return { ...all, inUse, failure: undefined };
};
const opened = (octets: Uint8Array, msks: readonly TrafficMsk[]) => {
  const message = decodeMikeyMessage(octets);
  for (const { msk, rand, mskId } of msks)
    if (message.keyIds.mskId?.keyNumber === mskId.keyNumber)
      return { ...openMtkMessage(message, msk, rand), counter: message.timestamp.counter ?? 0 };
  throw new Error('a message under no MSK of the test');
};
const kinds = ({ events }: Step) => events.map(({ kind }) => kind);

describe('the schedule of MTKs', () => {
  test('sends an MTK before it is used, and repeats it with growing counters', async () => {
    const msk = aMsk(1);
    const before = await run(viewOf(msk), 2000);
    expect(before.inUse).toBeUndefined();
    expect(before.messages).toHaveLength(2);
    const after = await run(viewOf(msk), 3000);
    expect(after.inUse).toMatchObject({ mtkId: 0, mskId: { keyNumber: 1 } });
    const all = [...before.messages, ...after.messages].map((octets) => opened(octets, [msk]));
    expect(all.map(({ mtkId }) => mtkId)).toEqual([0, 0, 0, 0, 0]);
    expect(all.map(({ counter }) => counter)).toEqual([1, 2, 3, 4, 5]);
    expect(all.every(({ mtk }) => after.inUse?.mtk.equals(mtk))).toBe(true);
    expect(all.every(({ salt }) => salt !== undefined && after.inUse?.salt?.equals(salt))).toBe(true);
  });

  // @clause TS 33.501 annex W.4.1.2 s4
  test('changes the MTK by time: the next is sent while the one before is used', async () => {
    const msk = aMsk(1);
    const { messages, events } = await run(viewOf(msk), 30_000);
    const made = events.filter(({ kind }) => kind === 'mtk-made');
    const used = events.filter(({ kind }) => kind === 'mtk-in-use');
    expect([made.length, used.length]).toEqual([3, 3]);
    const ids = new Set(messages.map((octets) => opened(octets, [msk]).mtkId));
    expect([...ids]).toEqual([0, 1, 2]);
  });

  test('sends MTKs under the next MSK, too, so that UEs that hold either play on', async () => {
    const [msk, next] = [aMsk(1), aMsk(2)];
    await run(viewOf(msk), 3000);
    const during = await run(viewOf(msk, { next }), 1000);
    const both = during.messages.map((octets) => opened(octets, [msk, next]));
    expect(new Set(both.map(({ mskId }) => mskId.keyNumber))).toEqual(new Set([1, 2]));
    expect(both.every(({ mtk }) => during.inUse?.mtk.equals(mtk))).toBe(true);
    expect(during.inUse?.mskId.keyNumber).toBe(1);
    const atRotation = await run(viewOf(next), 1000);
    expect(atRotation.inUse?.mtk.equals(during.inUse?.mtk ?? newMtk().mtk)).toBe(true);
    const after = await run(viewOf(next), 1200);
    expect(after.inUse?.mskId.keyNumber).toBe(2);
    expect(after.inUse?.mtk.equals(during.inUse?.mtk ?? newMtk().mtk)).toBe(false);
  });

  test('sends nothing under the MSK before a rotation, or does so for the overlap and then changes', async () => {
    const [msk, next] = [aMsk(1), aMsk(2)];
    const numbersUnder = ({ messages }: Step) =>
      new Set(messages.map((octets) => opened(octets, [msk, next]).mskId.keyNumber));
    await run(viewOf(msk), 3000);
    expect(numbersUnder(await run(viewOf(next), 4000))).toEqual(new Set([2]));

    start({ overlapMs: 4000 });
    await run(viewOf(msk), 3000);
    const overlap = await run(viewOf(next), 4000);
    expect(numbersUnder(overlap)).toEqual(new Set([1, 2]));
    const known = overlap.messages
      .map((octets) => opened(octets, [msk, next]))
      .filter(({ mskId }) => mskId.keyNumber === 1);
    const after = await run(viewOf(next), 3000);
    expect(numbersUnder(after)).toEqual(new Set([2]));
    expect(known.some(({ mtk }) => after.inUse?.mtk.equals(mtk))).toBe(false);
  });

  test('sends nothing more under a revoked MSK, and protects nothing with an MTK that went out under it', async () => {
    const [msk, next] = [aMsk(1), aMsk(2)];
    start({ overlapMs: 5000 });
    const before = await run(viewOf(msk), 4000);
    const revoked = new Set([idOfMsk(msk)]);
    const after = await run(viewOf(next, { revoked }), 2200);
    expect(after.messages.map((octets) => opened(octets, [msk, next]).mskId.keyNumber)).not.toContain(1);
    expect(after.inUse?.mskId.keyNumber).toBe(2);
    expect(after.inUse?.mtk.equals(before.inUse?.mtk ?? newMtk().mtk)).toBe(false);
  });

  test('stops when there is no MSK, and goes on with a new MTK when there is one again', async () => {
    const msk = aMsk(1);
    await run(viewOf(msk), 3000);
    const stopped = await run(viewOf(undefined), 2000);
    expect(kinds(stopped)).toEqual(['stopped']);
    expect([stopped.inUse, stopped.messages.length]).toEqual([undefined, 0]);
    expect((await run(viewOf(msk), 2500)).inUse?.mtkId).toBe(1);
  });

  test('asks for a rotation before the range is spent; then the last MTK stays in use', async () => {
    const msk = aMsk(1, { seql: 5, sequ: 8 });
    const all = await run(viewOf(msk), 60_000);
    const left = all.events.flatMap((event) => (event.kind === 'range-low' ? [event.mtkIdsLeft] : []));
    expect(left).toEqual([2, 1, 0]);
    expect(kinds(all).filter((kind) => kind === 'range-spent')).toHaveLength(1);
    expect(all.inUse?.mtkId).toBe(8);
    const rotated = await run(viewOf(aMsk(2)), 3000);
    expect(rotated.inUse).toMatchObject({ mtkId: 0, mskId: { keyNumber: 2 } });
  });

  test('a clock that goes back stands still, and one that jumps ahead changes the MTK once', async () => {
    const msk = aMsk(1);
    await run(viewOf(msk), 3000);
    now = 0;
    const back = await run(viewOf(msk), 2500);
    expect(back.messages).toHaveLength(0);
    expect(back.inUse?.mtkId).toBe(0);
    now = 100_000_000;
    const ahead = await run(viewOf(msk), 3000);
    expect(ahead.inUse?.mtkId).toBe(1);
  });

  test('counts how long an MTK is announced from when its first message is out, however slow the table is', async () => {
    const [msk, next] = [aMsk(1), aMsk(2)];
    let tableTakes = 0;
    const reserve: ReserveNumbers = (...wanted) => {
      now += tableTakes;
      return numbers.reserve(...wanted);
    };
    schedule = new MtkSchedule(SETTINGS, { reserve, newMtk });
    await run(viewOf(msk, { next }), 5000);
    tableTakes = 5000;
    const sentAt: number[] = [];
    let usedAt = 0;
    for (const end = now + 40_000; now < end && usedAt === 0; now += 100) {
      const { messages, inUse } = await schedule.step(now, viewOf(msk, { next }));
      const fresh = messages.map((octets) => opened(octets, [msk, next]));
      if (fresh.some(({ mskId, mtkId }) => mskId.keyNumber === 1 && mtkId === 1)) sentAt.push(now);
      if (inUse?.mtkId === 1) usedAt = now;
    }
    expect(sentAt.length).toBeGreaterThanOrEqual(2);
    expect(usedAt - (sentAt[0] ?? usedAt)).toBeGreaterThanOrEqual(SETTINGS.announceMs);
  });

  test('uses no MTK whose messages never went out, because the table failed before they did', async () => {
    const [msk, next] = [aMsk(1), aMsk(2)];
    const reserve: ReserveNumbers = (each, wanted) => {
      if (each === next) throw new Error('the table is away');
      return numbers.reserve(each, wanted);
    };
    schedule = new MtkSchedule(SETTINGS, { reserve, newMtk });
    const first = await run(viewOf(msk), 5000);
    let messages = 0;
    for (const end = now + 60_000; now < end; now += 100) {
      const step = await schedule.step(now, viewOf(msk, { next }));
      expect(step.failure).toMatchObject({ message: 'the table is away' });
      expect(step.inUse?.mtk.equals(first.inUse?.mtk ?? newMtk().mtk)).toBe(true);
      messages += step.messages.length;
    }
    // What is in use is repeated meanwhile, and so is what was to come.
    expect(messages).toBeGreaterThanOrEqual(100);
  });

  test('has no setting by which traffic is protected with an MTK that nobody has got', () => {
    for (const wrong of [{ announceMs: 500 }, { changeMs: 2000 }, { repeatMs: 0 }, { overlapMs: -1 }])
      expect(() => start(wrong)).toThrow(/repeated at least once/);
  });
});

test('property: whatever happens to MSKs, time and instances, no number comes twice under an MSK', async () => {
  const action = fc.oneof(
    fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: -5000, max: 15_000 }) }),
    fc.constantFrom({ kind: 'prepare' as const }, { kind: 'activate' as const }, { kind: 'revoke' as const }),
    fc.constantFrom({ kind: 'restart' as const }, { kind: 'second' as const }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 60 }), fc.nat(6000), async (actions, overlapMs) => {
      const given = new Numbers();
      everyMsk.clear();
      const open = () => new MtkSchedule({ ...SETTINGS, overlapMs }, { reserve: given.reserve, newMtk });
      const world = { view: viewOf(aMsk(1, { seql: 0, sequ: 20 })), last: 1, now: 0, instances: [open()] };
      const seen = new Map<string, Set<number>>();
      const mtks = new Map<string, string>();
      for (const each of actions) {
        act(world, each, open);
        for (const instance of world.instances) {
          const { messages, inUse } = await instance.step(world.now, world.view);
          expect(inUse === undefined || world.view.current !== undefined).toBe(true);
          for (const octets of messages) check(octets, world.view, seen, mtks);
        }
      }
    }),
    { numRuns: 100 },
  );
});

interface World {
  view: MskView;
  last: number;
  now: number;
  instances: MtkSchedule[];
}

function act(world: World, each: { kind: string; ms?: number }, open: () => MtkSchedule): void {
  const { current, next, revoked } = world.view;
  const another = () => aMsk(++world.last, { seql: 3, sequ: 9 });
  if (each.kind === 'wait') world.now += each.ms ?? 0;
  if (each.kind === 'prepare' && next === undefined) world.view = { ...world.view, next: another() };
  if (each.kind === 'activate' && next !== undefined)
    world.view = { current: next, next: undefined, revoked };
  if (each.kind === 'revoke' && current !== undefined) {
    const names = new Set([...revoked, idOfMsk(current)]);
    world.view = { current: next ?? another(), next: undefined, revoked: names };
  }
  if (each.kind === 'restart') world.instances = [open()];
  if (each.kind === 'second') world.instances = [...world.instances, open()].slice(-2);
}

const everyMsk = new Map<string, TrafficMsk>();

/**
 * A message names an MSK that is not revoked, with a counter and a pair of MTK and MTK ID never used before.
 */
function check(
  octets: Uint8Array,
  view: MskView,
  seen: Map<string, Set<number>>,
  mtks: Map<string, string>,
): void {
  for (const msk of [view.current, view.next]) if (msk !== undefined) everyMsk.set(nameOfMsk(msk), msk);
  const message = decodeMikeyMessage(octets);
  const under = [...everyMsk.values()].find(({ msk, rand }) => {
    try {
      return openMtkMessage(message, msk, rand);
    } catch {
      return false;
    }
  });
  if (under === undefined) throw new Error('a message under no MSK that there was');
  const name = nameOfMsk(under);
  expect(view.revoked.has(idOfMsk(under))).toBe(false);
  const { mtk, mtkId } = openMtkMessage(message, under.msk, under.rand);
  expect(mtkId).toBeGreaterThanOrEqual(under.validity.seql);
  expect(mtkId).toBeLessThanOrEqual(under.validity.sequ);
  const counters = seen.get(name) ?? new Set();
  expect(counters.has(message.timestamp.counter ?? 0)).toBe(false);
  seen.set(name, counters.add(message.timestamp.counter ?? 0));
  const hex = Buffer.from(mtk.exposeOctets()).toString('hex');
  expect(mtks.get(`${name} ${mtkId}`) ?? hex).toBe(hex);
  mtks.set(`${name} ${mtkId}`, hex);
}

describe('an MTK of another network', () => {
  const msk = aMsk(1);
  const imported = (mtkId: number, under = msk) => ({ msk: under, mtkId, ...newMtk() });

  test('goes out under its MSK by its own ID, and no other is made or numbered', async () => {
    const next = aMsk(2);
    const seven = imported(7);
    const { messages, events, inUse } = await run(viewOf(msk, { next, imported: seven }), 30_000);
    expect(new Set(messages.map((octets) => opened(octets, [msk]).mtkId))).toEqual(new Set([7]));
    expect(events.map(({ kind }) => kind)).toEqual(['mtk-made', 'mtk-in-use']);
    expect(inUse?.mtk.equals(seven.mtk)).toBe(true);
    expect(numbers.given.get(nameOfMsk(msk))?.mtkId).toBe(0);
    expect(numbers.given.has(nameOfMsk(next))).toBe(false);
  });

  test('follows the one before when it was announced, also under the next MSK', async () => {
    await run(viewOf(msk, { imported: imported(7) }), 5000);
    const eight = imported(8);
    const early = await run(viewOf(msk, { imported: eight }), 1000);
    expect(early.inUse?.mtkId).toBe(7);
    expect((await run(viewOf(msk, { imported: eight }), 3000)).inUse?.mtkId).toBe(8);
    const next = aMsk(2);
    const underNext = imported(3, next);
    const after = await run(viewOf(next, { imported: underNext }), 1000);
    expect(after.inUse).toMatchObject({ mtkId: 8, mskId: msk.mskId });
    expect(new Set(after.messages.map((octets) => opened(octets, [next]).mtkId))).toEqual(new Set([3]));
    expect((await run(viewOf(next, { imported: underNext }), 3000)).inUse).toMatchObject({
      mtkId: 3,
      mskId: next.mskId,
    });
  });

  test('that did not come leaves nothing to send', async () => {
    await run(viewOf(msk, { imported: imported(7) }), 5000);
    const { messages, events, inUse } = await run(viewOf(msk, { imported: 'none' }), 1000);
    expect([messages, events, inUse]).toEqual([[], [{ kind: 'stopped' }], undefined]);
  });
});
