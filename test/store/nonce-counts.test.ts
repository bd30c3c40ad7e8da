import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Btid } from '../../lib/gba/btid.ts';
import { type AssociationState, loadAssociation } from '../../lib/store/association/association.ts';
import { recordAuthenticatedRequest } from '../../lib/store/association/authenticated-request.ts';
import { putAssociation } from '../../lib/store/association/put-association.ts';
import { NOW, newKeys } from '../provisioned-ue.ts';
import { startTable, type TestTable } from './table.ts';

/** Nonces that the store remembers for one association. */
const REMEMBERED = 16;

let table: TestTable;
beforeAll(async () => {
  table = await startTable();
});
afterAll(() => table.close());

async function newAssociation(): Promise<AssociationState> {
  const keys = newKeys();
  await putAssociation(table, keys);
  return read(keys.btid);
}

async function read(btid: Btid): Promise<AssociationState> {
  const association = await loadAssociation(table, btid);
  if (association === undefined) throw new Error('the association is gone');
  return association;
}

/** Uses a nonce count as a request does that has just read `association`. */
async function use(association: AssociationState, nc: number, nonce = { id: 'aa', issuedAt: NOW }) {
  const { kind } = await recordAuthenticatedRequest(table, association, {
    nonce,
    nc,
    noncesExpiredBefore: NOW - 300_000,
    ueAddress: { address: '192.0.2.1', port: 2269 },
  });
  return kind;
}

describe('a nonce count', () => {
  test('is good once, whatever the order, and whatever was read before', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 64 }), { maxLength: 24 }), async (counts) => {
        const association = await newAssociation();
        const used = new Set<number>();
        for (const nc of counts) {
          expect(await use(association, nc)).toBe(used.has(nc) ? 'replayed' : 'recorded');
          used.add(nc);
        }
      }),
      { numRuns: 12 },
    );
  });

  test('that the window has slid past is used up, though it was never seen', async () => {
    const association = await newAssociation();
    for (const nc of [1, 64, 65, 128, 129, 500]) expect(await use(association, nc)).toBe('recorded');
    for (const nc of [1, 2, 63, 64, 130, 384]) expect(await use(association, nc)).toBe('replayed');
    for (const nc of [385, 499, 501]) expect(await use(association, nc)).toBe('recorded');
    expect(await use(association, 500)).toBe('replayed');
  });

  test('is used once by parallel requests that slide the window at the same time', async () => {
    const association = await newAssociation();
    const counts = [1, 2, 70, 71, 140, 141, 141, 140, 71, 70, 2, 1];
    const recorded: number[] = [];
    const used = async (nc: number, known: AssociationState) => {
      if ((await use(known, nc)) === 'recorded') recorded.push(nc);
    };
    await Promise.all(counts.map((nc) => used(nc, association)));
    expect(recorded).toContain(140);
    for (const nc of counts) await used(nc, await read(association.btid));
    expect(recorded).toHaveLength(new Set(recorded).size);
  });

  test('of zero, or of more than 32 bits, is none', async () => {
    const association = await newAssociation();
    for (const nc of [0, -1, 0.5, 2 ** 32]) expect(await use(association, nc)).toBe('replayed');
    expect(await use(association, 2 ** 32 - 1)).toBe('recorded');
  });

  test('stays used when the association is stored again, and so does where the UE was', async () => {
    const keys = newKeys();
    await putAssociation(table, keys);
    await use(await read(keys.btid), 1);
    await putAssociation(table, keys);
    const again = await read(keys.btid);
    expect(await use(again, 1)).toBe('replayed');
    expect(again).toMatchObject({ ueAddress: { address: '192.0.2.1', port: 2269 }, isCurrent: true });
  });

  test('of an association that is not there is none', async () => {
    const association = await newAssociation();
    expect(await use({ ...association, btid: newKeys().btid }, 1)).toBe('replayed');
  });
});

describe('of the nonces of one association', () => {
  const nonceAt = (issuedAt: number) => ({ id: (issuedAt - NOW + 1000).toString(16), issuedAt });

  test('the oldest makes room, and is used up', async () => {
    const { btid } = await newAssociation();
    for (let at = 1; at <= REMEMBERED + 3; at++)
      expect(await use(await read(btid), 1, nonceAt(NOW + at))).toBe('recorded');
    for (let at = 1; at <= REMEMBERED + 3; at++)
      expect(await use(await read(btid), 1, nonceAt(NOW + at))).toBe('replayed');
    expect(await use(await read(btid), 2, nonceAt(NOW + 3))).toBe('replayed');
    expect(await use(await read(btid), 2, nonceAt(NOW + 4))).toBe('recorded');
  });

  test.each([
    ['older than all the others', NOW],
    ['as old as the others', NOW + 1],
  ])(
    'one that comes when there is no room, and is %s, lets none of them be used again',
    async (_, issuedAt) => {
      const { btid } = await newAssociation();
      const others = Array.from({ length: REMEMBERED }, (_, index) => ({
        id: `b${index.toString(16)}`,
        issuedAt: NOW + 1,
      }));
      for (const nonce of others) expect(await use(await read(btid), 1, nonce)).toBe('recorded');
      expect(await use(await read(btid), 1, { id: 'aa', issuedAt })).toBe('replayed');
      for (const nonce of others) expect(await use(await read(btid), 1, nonce)).toBe('replayed');
    },
  );

  test('none can be used twice by requests that read long before they write', async () => {
    const { btid } = await newAssociation();
    for (let at = 1; at <= REMEMBERED; at++) await use(await read(btid), 1, nonceAt(NOW + at));
    const early = await read(btid);
    for (let at = REMEMBERED + 1; at <= REMEMBERED + 4; at++)
      await use(await read(btid), 1, nonceAt(NOW + at));
    expect(await use(early, 1, nonceAt(NOW + 50))).toBe('recorded');
    for (let at = 1; at <= REMEMBERED + 4; at++)
      expect(await use(await read(btid), 1, nonceAt(NOW + at))).toBe('replayed');
  });

  test('those whose time is over are forgotten, so that an item does not grow', async () => {
    const { btid } = await newAssociation();
    for (let at = 0; at < 5; at++)
      await use(await read(btid), 1, { id: `c${at}`, issuedAt: NOW - 400_000 + at });
    await use(await read(btid), 1);
    expect((await read(btid)).nonceCounts.windows.size).toBe(1);
  });
});
