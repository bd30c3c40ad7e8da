import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parseKeyDomainId } from '../../lib/keys/key-domain-id.ts';
import { NO_MSK } from '../../lib/keys/msk-generation.ts';
import { EMPTY_VALIDITY, FULL_VALIDITY, isInvalidation } from '../../lib/keys/msk-validity.ts';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import { addServiceToKeyGroup, loadKeyGroup, openMsk, putMsk } from '../../lib/store/key-group/key-group.ts';
import type { KeyGroupRef } from '../../lib/store/key-group/key-group-item.ts';
import {
  activateMsk,
  prepareMsk,
  type RotationRequest,
  revokeMsk,
} from '../../lib/store/key-group/msk-rotation.ts';
import { startTable, type TestTable } from './table.ts';

let table: TestTable;
let ref: KeyGroupRef;
let groups = 0;

beforeAll(async () => {
  table = await startTable();
});
afterAll(() => table.close());
beforeEach(async () => {
  groups += 1;
  ref = { keyDomainId: parseKeyDomainId('00f110'), keyGroup: groups };
  await addServiceToKeyGroup(table, ref, 'urn:example:news');
});

const NOW = Date.UTC(2026, 10, 23);
const LEAD_TIME_MS = 3_600_000;
const aMsk = () => new SecretKey(randomBytes(16));
const putCurrent = async (keyNumber: number) => {
  const msk = aMsk();
  await putMsk(table, ref, { keyNumber, msk, validity: FULL_VALIDITY });
  return msk;
};
const prepare = (request: string, changes: Partial<RotationRequest> = {}) =>
  prepareMsk(table, ref, {
    request,
    msk: aMsk(),
    validity: FULL_VALIDITY,
    now: NOW,
    leadTimeMs: LEAD_TIME_MS,
    ...changes,
  });
const revoke = (keyNumber: number) =>
  revokeMsk(table, ref, keyNumber, { msk: aMsk(), validity: FULL_VALIDITY });
const group = async () => {
  const found = await loadKeyGroup(table, ref);
  if (found === undefined) throw new Error('the Key Group is gone');
  return found;
};
const live = async () => [...(await group()).msks.keys()].sort((one, other) => one - other);

describe('a prepared MSK', () => {
  test('stands beside the current one, which stays current, for one read and one write', async () => {
    await putCurrent(4);
    const msk = aMsk();
    table.calls.length = 0;
    expect(await prepare('r1', { msk })).toEqual({
      kind: 'prepared',
      prepared: { keyNumber: 5, request: 'r1', activateAt: NOW + LEAD_TIME_MS },
    });
    expect(table.calls.filter((call) => call === 'PutItem')).toHaveLength(1);
    expect(await live()).toEqual([4, 5]);
    expect((await group()).currentKeyNumber).toBe(4);
    expect((await group()).msks.get(5)?.sealed.open().equals(msk)).toBe(true);
    expect((await group()).services).toEqual(new Set(['urn:example:news']));
  });

  test('displaces the one before the current one, so that two are live', async () => {
    await putCurrent(4);
    await putCurrent(5);
    expect(await live()).toEqual([4, 5]);
    await prepare('r1');
    expect(await live()).toEqual([5, 6]);
  });

  test('is made once however often its request comes, also after it became current', async () => {
    await putCurrent(4);
    const first = await prepare('r1');
    const { msks } = await group();
    expect(await Promise.all([prepare('r1'), prepare('r1'), prepare('r1')])).toEqual([first, first, first]);
    expect(
      (await group()).msks
        .get(5)
        ?.sealed.open()
        .equals(msks.get(5)?.sealed.open() ?? aMsk()),
    ).toBe(true);
    await activateMsk(table, ref, 5);
    const ended = { ...first, kind: 'ended' };
    expect(await prepare('r1')).toEqual(ended);
    await prepare('r2');
    await activateMsk(table, ref, 6);
    expect(await prepare('r1')).toEqual(ended);
    expect(await live()).toEqual([6]);
  });

  test('of two concurrent requests is that of one; the other is refused', async () => {
    await putCurrent(4);
    const outcomes = await Promise.all([prepare('r1'), prepare('r2')]);
    expect(outcomes.map(({ kind }) => kind).sort()).toEqual(['prepared', 'rotation-under-way']);
    expect(await live()).toEqual([4, 5]);
  });

  test('is not made for a request that was refused once, however late that comes again', async () => {
    await putCurrent(4);
    await prepare('r1');
    expect(await prepare('r2')).toMatchObject({ kind: 'rotation-under-way' });
    // Whoever came first may have been cut off before it answered: the refusal is given again.
    expect(await prepare('r2')).toMatchObject({ kind: 'rotation-under-way', prepared: { keyNumber: 5 } });
    await activateMsk(table, ref, 5);
    expect(await prepare('r2')).toEqual({ kind: 'rotation-under-way', prepared: undefined });
    expect(await live()).toEqual([5]);
  });

  test('need not wait where there is no MSK to go on with', async () => {
    expect(await prepare('r1')).toMatchObject({ prepared: { keyNumber: 1, activateAt: NOW } });
  });

  test('is refused for a Key Group that is not there', async () => {
    ref = { ...ref, keyGroup: 0xffff };
    expect(await prepare('r1')).toEqual({ kind: 'unknown-key-group' });
    expect(await loadKeyGroup(table, ref)).toBeUndefined();
  });

  test('never has Key Number 0', async () => {
    await putCurrent(0xffff);
    expect(await prepare('r1')).toMatchObject({ prepared: { keyNumber: 1 } });
  });

  test('is given up when an operator puts another MSK', async () => {
    await putCurrent(4);
    await prepare('r1');
    await putCurrent(9);
    expect(await activateMsk(table, ref, 5)).toEqual({ kind: 'not-prepared' });
    expect((await group()).currentKeyNumber).toBe(9);
    expect(await prepare('r2')).toMatchObject({ prepared: { keyNumber: 10 } });
  });
});

describe('activation', () => {
  test('makes the prepared MSK the current one and expires the one before', async () => {
    await putCurrent(4);
    await prepare('r1');
    expect(await activateMsk(table, ref, 5)).toEqual({ kind: 'activated', request: 'r1' });
    expect(await live()).toEqual([5]);
    expect(await group()).toMatchObject({ currentKeyNumber: 5, prepared: undefined });
  });

  test('that comes twice says the same and writes nothing', async () => {
    await putCurrent(4);
    await prepare('r1');
    await activateMsk(table, ref, 5);
    table.calls.length = 0;
    expect(await activateMsk(table, ref, 5)).toEqual({ kind: 'current' });
    expect(table.calls).toEqual(['BatchGetItem']);
  });

  test('of what is not prepared, or was rotated away since, changes nothing', async () => {
    await putCurrent(4);
    expect(await activateMsk(table, ref, 5)).toEqual({ kind: 'not-prepared' });
    await prepare('r1');
    await activateMsk(table, ref, 5);
    await prepare('r2');
    expect(await activateMsk(table, ref, 4)).toEqual({ kind: 'not-prepared' });
    expect((await group()).currentKeyNumber).toBe(5);
  });
});

describe('revocation', () => {
  test('of the current MSK puts a new one in its place and leaves it with no MTK ID', async () => {
    const compromised = await putCurrent(4);
    expect(await revoke(4)).toEqual({ kind: 'revoked', currentKeyNumber: 5, ended: undefined });
    const { msks, currentKeyNumber } = await group();
    expect([currentKeyNumber, msks.get(4)?.validity]).toEqual([5, EMPTY_VALIDITY]);
    expect(msks.get(5)?.sealed.open().equals(compromised)).toBe(false);
    expect(await live()).toEqual([4, 5]);
  });

  test('leaves no octets of the MSK to be sent, also where an earlier release has left them', async () => {
    const compromised = await putCurrent(4);
    await revoke(4);
    const revoked = (await group()).msks.get(4);
    expect(revoked?.sealed.open().equals(compromised)).toBe(false);
    expect(revoked && openMsk(revoked)).toEqual({ keyNumber: 4, msk: NO_MSK, validity: EMPTY_VALIDITY });
    await putMsk(table, ref, { keyNumber: 6, msk: aMsk(), validity: EMPTY_VALIDITY });
    const earlier = (await group()).msks.get(6);
    expect(earlier && openMsk(earlier)).toMatchObject({ msk: NO_MSK });
    expect([...NO_MSK.exposeOctets()]).toEqual(new Array(16).fill(0));
  });

  test('of the current MSK makes the prepared one current before its time', async () => {
    await putCurrent(4);
    await prepare('r1');
    const ended = { request: 'r1', keyNumber: 5 };
    expect(await revoke(4)).toMatchObject({ kind: 'revoked', currentKeyNumber: 5, ended });
    expect(await group()).toMatchObject({ currentKeyNumber: 5, prepared: undefined });
    expect(await activateMsk(table, ref, 5)).toEqual({ kind: 'current' });
  });

  test('of the prepared MSK leaves the current one, and its number does not come again', async () => {
    await putCurrent(4);
    await prepare('r1');
    const revoked = { kind: 'revoked', currentKeyNumber: 4 };
    expect(await revoke(5)).toMatchObject({ ...revoked, ended: { request: 'r1', keyNumber: 5 } });
    expect(await revoke(5)).toEqual({ ...revoked, ended: undefined });
    expect(await activateMsk(table, ref, 5)).toEqual({ kind: 'not-prepared' });
    expect(await prepare('r2')).toMatchObject({ prepared: { keyNumber: 6 } });
    expect(await activateMsk(table, ref, 5)).toEqual({ kind: 'not-prepared' });
    expect(await live()).toEqual([4, 6]);
  });

  test('of the only MSK, not yet current, puts a new one in its place', async () => {
    await prepare('r1');
    expect(await revoke(1)).toMatchObject({ kind: 'revoked', currentKeyNumber: 2 });
  });

  test('that comes twice, concurrently, returns the same and puts one MSK', async () => {
    await putCurrent(4);
    const outcomes = await Promise.all([revoke(4), revoke(4), revoke(4)]);
    expect(new Set(outcomes.map((outcome) => JSON.stringify(outcome))).size).toBe(1);
    expect(await revoke(4)).toEqual({ kind: 'revoked', currentKeyNumber: 5, ended: undefined });
    expect(await live()).toEqual([4, 5]);
  });

  test('of an MSK that does not exist is reported', async () => {
    expect(await revoke(4)).toEqual({ kind: 'unknown-msk' });
  });
});

test('at most two MSKs are kept, the current one among them, and no number comes twice, whatever happens in what order', async () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('rotate' as const), request: fc.integer({ min: 1, max: 6 }) }),
    fc.record({ kind: fc.constant('activate' as const), keyNumber: fc.integer({ min: 1, max: 8 }) }),
    fc.record({ kind: fc.constant('revoke' as const), keyNumber: fc.integer({ min: 1, max: 8 }) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      groups += 1;
      ref = { ...ref, keyGroup: groups };
      await putCurrent(1);
      const seen = new Map<number, SecretKey>();
      for (const each of steps) {
        if (each.kind === 'rotate') await prepare(`r${each.request}`);
        else if (each.kind === 'activate') await activateMsk(table, ref, each.keyNumber);
        else await revoke(each.keyNumber);
        const { msks, currentKeyNumber = 0, prepared } = await group();
        expect(msks.size).toBeLessThanOrEqual(2);
        expect(msks.get(currentKeyNumber)?.validity).toEqual(FULL_VALIDITY);
        expect(prepared === undefined || msks.has(prepared.keyNumber)).toBe(true);
        for (const [keyNumber, { sealed, validity }] of msks) {
          const msk = sealed.open();
          if (isInvalidation(validity)) expect(msk.equals(NO_MSK)).toBe(true);
          if (isInvalidation(validity)) continue;
          expect(msk.equals(seen.get(keyNumber) ?? msk)).toBe(true);
          seen.set(keyNumber, msk);
        }
      }
    }),
    { numRuns: 40 },
  );
}, 60_000);
