import { describe, expect, it } from 'vitest';
import {
  isUnused,
  type NonceCounts,
  nonceCountsOf,
  nonceCountUpdate,
} from '../../lib/store/association/nonce-counts.ts';
import type { Item } from '../../lib/store/table.ts';

const NOW = 1_700_000_000_000;
/** An attribute's label: the time of issue in nine digits of base 36, then the nonce's own ID. */
const label = (issuedAt: number, id: string) => `${issuedAt.toString(36).padStart(9, '0')}-${id}`;
const nonce = { id: 'aa', issuedAt: NOW };
const EXPIRED_BEFORE = NOW - 300_000;

const windowsOf = (...entries: [label: string, floor: number, seen: number[]][]) =>
  new Map(entries.map(([name, floor, seen]) => [name, { floor, seen: new Set(seen) }]));

/** Sixteen nonces, the most that are remembered, issued at these times. */
const full = (issuedAt: (index: number) => number): NonceCounts => ({
  nonceFloor: 0,
  windows: windowsOf(
    ...Array.from({ length: 16 }, (_, index): [string, number, number[]] => [
      label(issuedAt(index), `b${index.toString(16)}`),
      0,
      [1],
    ]),
  ),
});

describe('the windows of an item', () => {
  it('are read from attributes of exactly their names', () => {
    const mine = label(NOW, 'aa');
    const item: Item = {
      nonceFloor: { N: '7' },
      [`nc#${mine}#0`]: { NS: ['1', '64'] },
      [`nc#${mine}#12`]: { NS: ['800'] },
      [`nf#${mine}`]: { N: '0' },
      [`xnc#${label(NOW, 'cc')}#0`]: { NS: ['1'] },
      [`nc#${label(NOW, 'cc')}#0x`]: { NS: ['1'] },
      [`nc#${label(NOW, 'dd')}#0`]: { S: 'no set' },
    };
    expect(nonceCountsOf(item)).toEqual({
      nonceFloor: 7,
      windows: windowsOf([mine, 0, [1, 64, 800]], [label(NOW, 'dd'), 0, []]),
    });
  });
});

describe('a nonce', () => {
  it('issued at the floor or before is used up', () => {
    const at = (nonceFloor: number) => isUnused({ nonceFloor, windows: new Map() }, nonce, 1);
    expect([at(NOW - 1), at(NOW), at(NOW + 1)]).toEqual([true, false, false]);
  });

  it('takes the room of an older one, even where others are younger', () => {
    const mixed = full((index) => (index === 7 ? NOW - 1 : NOW + 1));
    expect(isUnused(mixed, nonce, 1)).toBe(true);
    expect(
      isUnused(
        full(() => NOW + 1),
        nonce,
        1,
      ),
    ).toBe(false);
    expect(
      isUnused(
        full(() => NOW),
        nonce,
        1,
      ),
    ).toBe(false);
  });
});

describe('the update of a used count', () => {
  it('of a new nonce adds it, if it is not there and the floors are below it', () => {
    const counts = { nonceFloor: 0, windows: new Map() };
    expect(nonceCountUpdate(counts, nonce, 3, EXPIRED_BEFORE)).toEqual({
      conditions: [
        'NOT contains(#seen, :nc)',
        '(attribute_not_exists(#floor) OR #floor < :nc)',
        '(attribute_not_exists(nonceFloor) OR nonceFloor < :issuedAt)',
      ],
      add: ['#seen :ncSet'],
      set: [],
      remove: [],
      names: { '#seen': `nc#${label(NOW, 'aa')}#0`, '#floor': `nf#${label(NOW, 'aa')}` },
      values: { ':ncSet': { NS: ['3'] }, ':nc': { N: '3' }, ':issuedAt': { N: String(NOW) } },
    });
  });

  it('that slides the window drops the generations below its floor, and no other', () => {
    const mine = label(NOW, 'aa');
    const counts = { nonceFloor: 0, windows: windowsOf([mine, 0, [64, 65, 128]]) };
    const { set, remove, names, conditions, values } = nonceCountUpdate(counts, nonce, 129, EXPIRED_BEFORE);
    expect(set).toEqual(['#floor = :floor']);
    expect(values[':floor']).toEqual({ N: '64' });
    expect(conditions).toContain('attribute_not_exists(#floor)');
    expect(remove.map((name) => names[name])).toEqual([`nc#${mine}#0`]);
  });

  it('that slides it again does so only from the floor that was read', () => {
    const mine = label(NOW, 'aa');
    const counts = { nonceFloor: 0, windows: windowsOf([mine, 64, [65, 129]]) };
    const { conditions, values, remove, names } = nonceCountUpdate(counts, nonce, 200, EXPIRED_BEFORE);
    expect(conditions).toContain('#floor = :knownFloor');
    expect([values[':knownFloor'], values[':floor']]).toEqual([{ N: '64' }, { N: '128' }]);
    expect(remove.map((name) => names[name])).toEqual([`nc#${mine}#1`]);
  });

  it('drops the nonces whose time is over, with floor and counts, and raises the floor to the last', () => {
    const [first, second, young] = [
      label(EXPIRED_BEFORE - 2, 'b1'),
      label(EXPIRED_BEFORE - 1, 'b2'),
      label(EXPIRED_BEFORE, 'b3'),
    ];
    const windows = windowsOf([second, 0, [1]], [young, 0, [1]], [first, 64, [65, 200]]);
    const update = nonceCountUpdate({ nonceFloor: 0, windows }, nonce, 1, EXPIRED_BEFORE);
    expect(update.remove.map((name) => update.names[name])).toEqual([
      `nc#${first}#1`,
      `nc#${first}#3`,
      `nf#${first}`,
      `nc#${second}#0`,
      `nf#${second}`,
    ]);
    expect(update.set).toEqual(['nonceFloor = :nonceFloor']);
    expect(update.values[':nonceFloor']).toEqual({ N: String(EXPIRED_BEFORE - 1) });
    expect(update.conditions).toContain('(attribute_not_exists(nonceFloor) OR nonceFloor <= :nonceFloor)');
  });

  it('drops the oldest of too many, in whatever order the item has them', () => {
    const counts = full((index) => NOW - ((index * 7) % 16) - 1);
    const { remove, names, values } = nonceCountUpdate(counts, nonce, 1, EXPIRED_BEFORE);
    const oldest = [...counts.windows.keys()].sort()[0];
    expect(remove.map((name) => names[name])).toEqual([`nc#${oldest}#0`, `nf#${oldest}`]);
    expect(values[':nonceFloor']).toEqual({ N: String(NOW - 16) });
  });

  it('of a nonce that has its window drops none for it', () => {
    const windows = new Map([
      ...[...full((index) => NOW - 1 - index).windows].slice(0, 15),
      ...windowsOf([label(NOW, 'aa'), 0, [1]]),
    ]);
    expect(nonceCountUpdate({ nonceFloor: 0, windows }, nonce, 2, EXPIRED_BEFORE).remove).toEqual([]);
  });

  it('never drops a nonce that is as young, or younger', () => {
    const counts = full((index) => NOW + (index % 2));
    const { remove, set } = nonceCountUpdate(counts, nonce, 1, NOW + 2);
    expect([remove, set]).toEqual([[], []]);
  });
});
