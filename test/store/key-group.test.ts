import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseKeyDomainId } from '../../lib/keys/key-domain-id.ts';
import { FULL_VALIDITY } from '../../lib/keys/msk-validity.ts';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import {
  findMsk,
  loadKeyGroup,
  loadKeyGroups,
  loadReplacedAt,
  putMsk,
} from '../../lib/store/key-group/key-group.ts';
import type { KeyGroup } from '../../lib/store/key-group/key-group-item.ts';
import { loadUserServices, putUserService } from '../../lib/store/registration/user-service.ts';
import { startTable, type TestTable } from './table.ts';

const DOMAIN = parseKeyDomainId('00f110');

let table: TestTable;
let lastKeyGroup = 0;
beforeAll(async () => {
  table = await startTable();
});
afterAll(() => table.close());

const newRef = () => {
  lastKeyGroup += 1;
  return { keyDomainId: DOMAIN, keyGroup: lastKeyGroup };
};
const newMsk = (keyNumber: number) => ({
  keyNumber,
  msk: new SecretKey(randomBytes(16)),
  validity: FULL_VALIDITY,
});
const numbers = (group: KeyGroup | undefined) => [...(group?.msks.keys() ?? [])].sort((a, b) => a - b);

describe('a Key Group', () => {
  test('is read with more others than one call of DynamoDB reads, and named twice', async () => {
    const refs = Array.from({ length: 130 }, newRef);
    for (const ref of refs) await putMsk(table, ref, newMsk(1));
    const find = await loadKeyGroups(table, [...refs, ...refs]);
    for (const { keyGroup } of refs) expect(numbers(find(DOMAIN, keyGroup))).toEqual([1]);
  });

  test('gives its MSK by number and as the current one, with validity', async () => {
    const ref = newRef();
    const msk = { ...newMsk(0xffff), validity: { seql: 5, sequ: 9 } };
    await putMsk(table, ref, msk);
    const group = await loadKeyGroup(table, ref);
    for (const keyNumber of [0, 0xffff]) {
      const found = findMsk(group, keyNumber);
      expect(found?.sealed.open().equals(msk.msk)).toBe(true);
      expect(found).toMatchObject({ keyNumber: 0xffff, validity: { seql: 5, sequ: 9 } });
    }
    expect(findMsk(group, 1)).toBeUndefined();
    expect(findMsk(undefined, 0)).toBeUndefined();
  });

  test('has the two last MSKs, the last the current one, whatever is put', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 7 }),
        async (keyNumbers) => {
          const ref = newRef();
          const last = new Map<number, SecretKey>();
          const order: number[] = [];
          for (const keyNumber of keyNumbers) {
            const msk = newMsk(keyNumber);
            await putMsk(table, ref, msk, { replace: true });
            last.set(keyNumber, msk.msk);
            order.splice(0, order.length, ...order.filter((each) => each !== keyNumber), keyNumber);
            order.splice(0, order.length - 2);
          }
          const group = await loadKeyGroup(table, ref);
          expect(numbers(group)).toEqual([...order].sort());
          expect(group?.currentKeyNumber).toBe(order.at(-1));
          for (const each of order) {
            const expected = last.get(each);
            expect(expected && findMsk(group, each)?.sealed.open().equals(expected)).toBe(true);
          }
        },
      ),
      { numRuns: 10 },
    );
  });

  test('keeps its other MSK when one is put again, as after an answer that was lost', async () => {
    const ref = newRef();
    const [older, current] = [newMsk(1), newMsk(2)];
    for (const msk of [older, current, current]) await putMsk(table, ref, msk);
    expect(numbers(await loadKeyGroup(table, ref))).toEqual([1, 2]);
  });

  test('refuses a Key Number that is there or is not above the last one, unless it is to be replaced', async () => {
    const ref = newRef();
    const live = newMsk(3);
    await putMsk(table, ref, live);
    for (const keyNumber of [3, 2])
      await expect(putMsk(table, ref, newMsk(keyNumber))).rejects.toMatchObject({ code: 'exists' });
    const before = await loadKeyGroup(table, ref);
    expect(before?.currentKeyNumber).toBe(3);
    expect(findMsk(before, 3)?.sealed.open().equals(live.msk)).toBe(true);
    expect(await loadReplacedAt(table, ref, 3)).toBeUndefined();

    const replacement = newMsk(2);
    await putMsk(table, ref, replacement, { replace: true, now: 7000 });
    const group = await loadKeyGroup(table, ref);
    expect(group).toMatchObject({ currentKeyNumber: 2, lastKeyNumber: 3 });
    expect(findMsk(group, 2)?.sealed.open().equals(replacement.msk)).toBe(true);
    expect(await loadReplacedAt(table, ref, 2)).toBe(7000);
    await putMsk(table, ref, newMsk(4));
    expect(await loadReplacedAt(table, ref, 2)).toBe(7000);
  });

  test('has no MSK with Key Number 0x0', async () => {
    const ref = newRef();
    await expect(putMsk(table, ref, newMsk(0))).rejects.toMatchObject({ code: 'invalid' });
    expect(await loadKeyGroup(table, ref)).toBeUndefined();
  });

  test('takes parallel MSKs one after the other: all that are said to be stored were the current one once', async () => {
    const ref = newRef();
    const msks = [1, 2, 3, 4, 5].map(newMsk);
    const results = await Promise.allSettled(msks.map((msk) => putMsk(table, ref, msk)));
    const stored = results.filter(({ status }) => status === 'fulfilled').length;
    for (const result of results)
      if (result.status === 'rejected')
        expect(result.reason).toMatchObject({ code: expect.stringMatching(/conflict|exists/) });
    const group = await loadKeyGroup(table, ref);
    expect(group?.version).toBe(stored);
    expect(numbers(group)).toHaveLength(Math.min(stored, 2));
    expect(numbers(group)).toContain(group?.currentKeyNumber);
  });

  test('keeps the services that are added while MSKs are put', async () => {
    const ref = newRef();
    const services = ['a', 'b', 'c'];
    await Promise.all([
      putMsk(table, ref, newMsk(1)),
      ...services.map((serviceId) => putUserService(table, { serviceId, keyGroups: [ref] })),
    ]);
    const group = await loadKeyGroup(table, ref);
    expect([...(group?.services ?? [])].sort()).toEqual(services);
    expect(numbers(group)).toEqual([1]);
  });

  test('is found among others, and is absent where there is none', async () => {
    const [one, none] = [newRef(), newRef()];
    const elsewhere = { ...one, keyDomainId: parseKeyDomainId('00f120') };
    await putMsk(table, one, newMsk(1));
    await putMsk(table, elsewhere, newMsk(2));
    const find = await loadKeyGroups(table, [one, none, elsewhere, one]);
    expect(numbers(find(one.keyDomainId, one.keyGroup))).toEqual([1]);
    expect(numbers(find(elsewhere.keyDomainId, elsewhere.keyGroup))).toEqual([2]);
    expect(find(none.keyDomainId, none.keyGroup)).toBeUndefined();
  });
});

describe('a User Service', () => {
  test('comes back with its Key Groups, and is named in each', async () => {
    const keyGroups = [newRef(), { ...newRef(), keyGroup: 0xffff }];
    await putUserService(table, { serviceId: 'urn:example:two', keyGroups });
    const found = (await loadUserServices(table, ['urn:example:two', 'urn:example:none'])).get(
      'urn:example:two',
    );
    expect(new Set(found?.keyGroups)).toEqual(new Set(keyGroups));
    for (const ref of keyGroups)
      expect([...((await loadKeyGroup(table, ref))?.services ?? [])]).toEqual(['urn:example:two']);
  });

  test('that no longer uses a Key Group is no longer named in it, and others stay', async () => {
    const [left, kept] = [newRef(), newRef()];
    await putUserService(table, { serviceId: 'other', keyGroups: [left] });
    await putUserService(table, { serviceId: 'moving', keyGroups: [left, kept] });
    await putUserService(table, { serviceId: 'moving', keyGroups: [kept] });
    expect([...((await loadKeyGroup(table, left))?.services ?? [])]).toEqual(['other']);
    expect([...((await loadKeyGroup(table, kept))?.services ?? [])]).toEqual(['moving']);
    await putUserService(table, { serviceId: 'moving', keyGroups: [] });
    expect([...((await loadKeyGroup(table, kept))?.services ?? [])]).toEqual([]);
    expect((await loadUserServices(table, ['moving'])).get('moving')?.keyGroups).toEqual([]);
  });
});
