import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { KeptMtks } from '../../lib/store/traffic/kept-mtks.ts';
import { keepMtks, loadKeptMtks } from '../../lib/store/traffic/kept-mtks.ts';
import { KeptKeys } from '../../lib/traffic/kept-keys.ts';
import { withResolvers } from '../../lib/with-resolvers.ts';
import { startTable, type TestTable } from '../store/table.ts';
import { DOMAIN, newMtk } from './msks.ts';

let table: TestTable;
beforeAll(async () => {
  table = await startTable();
});
afterAll(() => table.close());

const mskId = { keyGroup: 1, keyNumber: 2 };
const key = (mtkId: number) => ({ keyDomainId: DOMAIN, mskId, mtkId, ...newMtk() });
const ids = ({ inUse, announced }: KeptMtks) => [inUse?.mtkId, announced?.mtkId];

test('MTKs are kept sealed, and open in their own place only', async () => {
  const [inUse, announced] = [key(7), { ...key(8), salt: undefined }];
  await keepMtks(table, 'one', { inUse, announced });
  const found = await loadKeptMtks(table, 'one');
  expect(found.inUse?.mtk.equals(inUse.mtk)).toBe(true);
  expect(found.inUse?.salt?.equals(inUse.salt ?? expect.fail())).toBe(true);
  expect(found.announced).toMatchObject({ keyDomainId: DOMAIN, mskId, mtkId: 8, salt: undefined });
  expect(await loadKeptMtks(table, 'other')).toEqual({ inUse: undefined, announced: undefined });
  await keepMtks(table, 'one', { inUse: announced, announced: undefined });
  expect(ids(await loadKeptMtks(table, 'one'))).toEqual([8, undefined]);
});

test('what is told meanwhile is written next, and only the newest of it', async () => {
  const written: KeptMtks[] = [];
  const gate = withResolvers<void>();
  const kept = new KeptKeys(
    async (mtks) => {
      written.push(mtks);
      await gate.promise;
    },
    (error) => expect.fail(String(error)),
  );
  kept.tell({ state: 'announced', key: key(1) });
  kept.tell({ state: 'use', key: key(1) });
  kept.tell({ state: 'announced', key: key(2) });
  gate.resolve();
  await vi.waitFor(() =>
    expect(written.map(ids)).toEqual([
      [undefined, 1],
      [1, 2],
    ]),
  );
  kept.tell({ state: 'stop' });
  await vi.waitFor(() => expect(written.map(ids).at(-1)).toEqual([undefined, undefined]));
});

test('a write that fails is told, and the next one makes up for it; after leaving nothing is written', async () => {
  const errors: unknown[] = [];
  const written: KeptMtks[] = [];
  let isAway = true;
  const keep = async (mtks: KeptMtks) => {
    if (isAway) throw new Error(randomBytes(4).toString('hex'));
    written.push(mtks);
  };
  const kept = new KeptKeys(keep, (error) => errors.push(error));
  kept.tell({ state: 'use', key: key(1) });
  await vi.waitFor(() => expect(errors).toHaveLength(1));
  isAway = false;
  kept.tell({ state: 'announced', key: key(2) });
  await vi.waitFor(() => expect(written.map(ids)).toEqual([[1, 2]]));
  await kept.leave();
  expect(written).toHaveLength(1);
});
