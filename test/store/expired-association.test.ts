import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { btidOf } from '../../lib/gba/btid.ts';
import { parseImpi } from '../../lib/gba/impi.ts';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import { type AssociationState, loadAssociations } from '../../lib/store/association/association.ts';
import { claimUsesOfExpiredMuk } from '../../lib/store/association/expired-association.ts';
import { putAssociation } from '../../lib/store/association/put-association.ts';
import { startTable, type TestTable } from './table.ts';

const NOW = Date.UTC(2026, 10, 23);

let table: TestTable;

beforeAll(async () => {
  table = await startTable();
});
afterAll(() => table.close());

/** Associations whose key lifetime ends at these times. */
async function bootstrapped(...ends: readonly number[]): Promise<{ association: AssociationState }[]> {
  const btids = ends.map(() => btidOf({ rand: randomBytes(16), bsfName: 'bsf.home1.net' }));
  for (const [index, btid] of btids.entries()) {
    await putAssociation(table, {
      btid,
      impi: parseImpi(`${randomBytes(6).toString('hex')}@home1.net`),
      gbaType: 'GBA_ME',
      muk: new SecretKey(randomBytes(32)),
      mrk: new SecretKey(randomBytes(32)),
      bootstrappedAt: NOW - 86_400_000,
      expiresAt: ends[index] ?? 0,
    });
  }
  return again(btids);
}

async function again(btids: readonly AssociationState['btid'][]) {
  const associations = await loadAssociations(table, btids);
  return btids.flatMap((btid) => {
    const association = associations.get(btid);
    return association === undefined ? [] : [{ association }];
  });
}

beforeEach(() => {
  table.calls.length = 0;
});

describe('the use of a MUK for a solicited pull', () => {
  test('costs no write for each UE before the key lifetime is over', async () => {
    const recipients = await bootstrapped(NOW + 1, NOW + 3_600_000);
    table.calls.length = 0;
    expect(await claimUsesOfExpiredMuk(table, recipients, 'pull-1', NOW)).toEqual({
      may: recipients,
      mayNot: [],
    });
    expect(table.calls).toEqual([]);
  });

  test('is had once after that, which one write remembers', async () => {
    const [valid, expired] = await bootstrapped(NOW + 1, NOW);
    if (valid === undefined || expired === undefined) throw new Error('two were put');
    table.calls.length = 0;
    const first = await claimUsesOfExpiredMuk(table, [valid, expired], 'pull-1', NOW);
    expect(first).toEqual({ may: [valid, expired], mayNot: [] });
    expect(table.calls).toEqual(['UpdateItem']);
    const known = await again([valid.association.btid, expired.association.btid]);
    expect(known[1]?.association.lastPullId).toBe('pull-1');
    table.calls.length = 0;
    expect(await claimUsesOfExpiredMuk(table, known, 'pull-2', NOW)).toEqual({
      may: [known[0]],
      mayNot: [known[1]],
    });
    expect(table.calls).toEqual([]);
  });

  test('goes to one of many concurrent pulls that have read the same', async () => {
    const recipients = await bootstrapped(NOW - 1);
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        claimUsesOfExpiredMuk(table, recipients, `pull-${index}`, NOW),
      ),
    );
    expect(outcomes.filter(({ may }) => may.length === 1)).toHaveLength(1);
    expect(outcomes.filter(({ mayNot }) => mayNot.length === 1)).toHaveLength(19);
  });

  test('is had again by the solicited pull that has it, which a sender may have left before it sent', async () => {
    const recipients = await bootstrapped(NOW - 1);
    for (let time = 0; time < 2; time++)
      expect((await claimUsesOfExpiredMuk(table, recipients, 'pull-1', NOW)).may).toEqual(recipients);
    expect((await claimUsesOfExpiredMuk(table, recipients, 'pull-2', NOW)).may).toEqual([]);
  });

  test('is never had by an MSK', async () => {
    const recipients = await bootstrapped(NOW - 1);
    table.calls.length = 0;
    expect((await claimUsesOfExpiredMuk(table, recipients, undefined, NOW)).may).toEqual([]);
    expect(table.calls).toEqual([]);
  });

  test('is had by each of many UEs', async () => {
    const recipients = await bootstrapped(...Array.from({ length: 60 }, () => NOW - 1));
    const { may, mayNot } = await claimUsesOfExpiredMuk(table, recipients, 'pull-1', NOW);
    expect([may.length, mayNot.length]).toEqual([60, 0]);
  });

  test('makes no association of one that is gone', async () => {
    const recipients = await bootstrapped(NOW - 1);
    const [recipient] = recipients;
    if (recipient === undefined) throw new Error('one was put');
    const gone = btidOf({ rand: randomBytes(16), bsfName: 'bsf.home1.net' });
    const missing = { association: { btid: gone, expiresAt: NOW - 1, lastPullId: undefined } };
    const { may, mayNot } = await claimUsesOfExpiredMuk(table, [missing], 'pull-1', NOW);
    expect([may, mayNot]).toEqual([[], [missing]]);
    expect(await again([gone])).toEqual([]);
  });
});
