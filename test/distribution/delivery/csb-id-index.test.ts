import fc from 'fast-check';
import { expect, it } from 'vitest';
import { CsbIdIndex } from '../../../lib/distribution/delivery/csb-id-index.ts';

type Change = readonly [kind: 'set' | 'delete', csbId: number];

/** Makes the changes in an index and in a Map, and compares them after each. */
function compare(changes: readonly Change[]): void {
  const index = new CsbIdIndex<number>();
  const map = new Map<number, number>();
  for (const [at, [kind, csbId]] of changes.entries()) {
    if (kind === 'set') index.set(csbId, at);
    else index.delete(csbId);
    if (kind === 'set') map.set(csbId, at);
    else map.delete(csbId);
    expect(index.size).toBe(map.size);
    expect(index.get(csbId)).toBe(map.get(csbId));
  }
  for (const [csbId, value] of map) expect(index.get(csbId)).toBe(value);
}

it('CSB IDs are found as in a Map, whatever is set and deleted', () => {
  const csbId = fc.oneof(fc.nat({ max: 0xffff_ffff }), fc.nat({ max: 60 }));
  const change = fc.tuple(fc.constantFrom('set' as const, 'set' as const, 'delete' as const), csbId);
  fc.assert(fc.property(fc.array(change, { maxLength: 400 }), compare), { numRuns: 60 });
});

it('CSB IDs are found while an index grows to thousands and shrinks again, also those of one worker of eight', () => {
  for (const of of [1, 8]) {
    const all = Array.from({ length: 3000 }, (_, index) => index * of);
    const added = all.map((csbId): Change => ['set', csbId]);
    const removed = all.map((csbId): Change => ['delete', csbId]);
    compare([...added, ...removed.slice(100), ...added.slice(0, 50), ...removed]);
  }
});

it('an index that was cleared finds nothing, and takes CSB IDs again', () => {
  const index = new CsbIdIndex<string>();
  for (let csbId = 0; csbId < 200; csbId++) index.set(csbId, 'one');
  index.clear();
  expect([index.size, index.get(7)]).toEqual([0, undefined]);
  index.set(7, 'other');
  expect([index.size, index.get(7)]).toEqual([1, 'other']);
});
