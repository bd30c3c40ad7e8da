import { randomBytes } from 'node:crypto';
import { EncryptCommand } from '@aws-sdk/client-kms';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import type { EventInput } from '../../lib/events/contracts.ts';
import { kmsUnwrapMsk } from '../../lib/key-rotation/wrapped-msk.ts';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import { importedMtkKey } from '../../lib/store/item-keys.ts';
import { loadImportedMtk, putImportedMtk } from '../../lib/store/key-group/imported-mtk.ts';
import { deleteKeyGroup, openMsk, putMsk } from '../../lib/store/key-group/key-group.ts';
import { queryAll } from '../../lib/store/query.ts';
import { putUserService } from '../../lib/store/registration/user-service.ts';
import {
  activate,
  changeContext,
  failNextPublishing,
  group,
  handle,
  id,
  keyDomainId,
  LEAD_TIME_MS,
  NOW,
  published,
  ref,
  revoke,
  rotate,
  scheduled,
  startGroup,
  table,
} from './rotating-group.ts';

beforeEach(async () => {
  await startGroup();
  // A Key Group without an MSK, for those of another network.
  Object.assign(ref, { keyGroup: ref.keyGroup + 0x100 });
  await putUserService(table, { serviceId: 'urn:example:shared', keyGroups: [ref] });
  changeContext({ unwrap: kmsUnwrapMsk(table.testKms.kms(), table.testKms.keyArn) });
});
afterAll(() => table?.close());

/** What another system wraps by `kms:Encrypt`. */
async function wrap(clear: Uint8Array, context: Record<string, string>): Promise<string> {
  const { CiphertextBlob = new Uint8Array() } = await table.testKms
    .kms()
    .send(new EncryptCommand({ KeyId: table.testKms.keyArn, Plaintext: clear, EncryptionContext: context }));
  return Buffer.from(CiphertextBlob).toString('base64');
}

interface Foreign extends Partial<EventInput<'Import MSK'>> {
  readonly msk?: Uint8Array;
  /** MTK, or MTK and salt. */
  readonly mtk?: Uint8Array;
}
async function importMsk(
  keyNumber: number,
  key: string,
  { msk = randomBytes(16), mtk, ...more }: Foreign = {},
) {
  const mskId = id(keyNumber);
  const { mtkId } = more;
  const context = { keyDomainId, mskId, ...(mtkId === undefined ? {} : { mtkId: String(mtkId) }) };
  const wrappedKey = await wrap(Buffer.concat([msk, mtk ?? new Uint8Array()]), context);
  return handle('Import MSK', { keyDomainId, mskId, wrappedKey, ...more }, key);
}
const octetsOf = async (keyNumber: number) => {
  const found = (await group())?.msks.get(keyNumber);
  const opened = found === undefined ? expect.fail() : openMsk(found);
  return opened === 'corrupt-item' ? expect.fail() : Buffer.from(opened.msk.exposeOctets());
};
const names = () => published.splice(0).map(({ detailType }) => detailType);

describe('an MSK of another network', () => {
  test('is the first of its Key Group at once, and is pushed and told as one of this network', async () => {
    const msk = randomBytes(16);
    expect(await importMsk(9, 'i1', { msk })).toMatchObject({ result: 'prepared', mskId: id(9) });
    expect(names()).toEqual(['MSK Prepared', 'Push MSK', 'Activate MSK']);
    await activate(9, 'a1');
    expect(await group()).toMatchObject({ currentKeyNumber: 9, isForeign: true, prepared: undefined });
    expect(await octetsOf(9)).toEqual(msk);
    expect(names()).toEqual(['MSK Rotated']);
  });

  test('follows the one before at the time that is told from outside', async () => {
    await importMsk(9, 'i1');
    await activate(9, 'a1');
    expect(await importMsk(12, 'i2', { leadTimeSeconds: 60 })).toMatchObject({
      result: 'prepared',
      activateAt: new Date(NOW + 60_000).toISOString(),
    });
    expect(scheduled).toMatchObject([{ mskId: { keyNumber: 12 }, activateAt: NOW + 60_000 }]);
    expect([...((await group())?.msks.keys() ?? [])]).toEqual([9, 12]);
    await activate(12, 'a2');
    expect((await group())?.currentKeyNumber).toBe(12);
    expect(await importMsk(13, 'i3')).toMatchObject({
      activateAt: new Date(NOW + LEAD_TIME_MS).toISOString(),
    });
  });

  test('is taken once however often it comes, and its events go out when the bus is back', async () => {
    const msk = randomBytes(16);
    failNextPublishing();
    await expect(importMsk(9, 'i1', { msk })).rejects.toThrow('the bus is away');
    expect(await importMsk(9, 'i1', { msk })).toMatchObject({ result: 'prepared' });
    await activate(9, 'a1');
    expect(await importMsk(9, 'i1', { msk })).toEqual({ result: 'repeated' });
    expect(await importMsk(9, 'i2', { msk })).toEqual({ result: 'repeated' });
    expect((await group())?.msks.size).toBe(1);
  });

  test('is never made here: neither by a rotation, nor by a revocation, nor by hand', async () => {
    await importMsk(9, 'i1');
    await activate(9, 'a1');
    const before = await group();
    names();
    expect(await rotate('r1')).toMatchObject({ result: 'refused', reason: 'foreign-key-group' });
    expect(await revoke(9, 'v1')).toMatchObject({ result: 'refused', reason: 'foreign-key-group' });
    expect(names()).toEqual(['MSK Rotation Refused', 'MSK Rotation Refused']);
    const msk = new SecretKey(randomBytes(16));
    await expect(putMsk(table, ref, { keyNumber: 10, msk, validity: { seql: 0, sequ: 1 } })).rejects.toThrow(
      /another network/,
    );
    expect(await group()).toMatchObject({ version: before?.version });
    // With the next one there, a revocation makes that one current.
    await importMsk(10, 'i2');
    expect(await revoke(9, 'v2')).toMatchObject({ result: 'revoked', currentMskId: id(10) });
  });

  test('comes with an MTK, and later ones under the same MSK', async () => {
    const [msk, mtk, salt, later] = [16, 16, 14, 16].map((length) => randomBytes(length)) as [
      Buffer,
      Buffer,
      Buffer,
      Buffer,
    ];
    const kept = async () => {
      const of = { ...ref, keyNumber: 9, msk: new SecretKey(msk) };
      const found = await loadImportedMtk(table, of);
      return found && [found.mtkId, Buffer.from(found.mtk.exposeOctets()), found.salt?.length];
    };
    await importMsk(9, 'i1', { msk, mtk: Buffer.concat([mtk, salt]), mtkId: 7 });
    expect(names()).toEqual(['MTK Imported', 'MSK Prepared', 'Push MSK', 'Activate MSK']);
    expect(await kept()).toEqual([7, mtk, 14]);
    await activate(9, 'a1');
    expect(await importMsk(9, 'i2', { msk, mtk: later, mtkId: 8 })).toMatchObject({ result: 'mtk-imported' });
    expect(await kept()).toEqual([8, later, undefined]);
    expect(await importMsk(9, 'i3', { msk, mtk, mtkId: 8 })).toMatchObject({ reason: 'mtk-id-used' });
    expect(await importMsk(9, 'i4', { msk, mtk, mtkId: 7 })).toMatchObject({ reason: 'mtk-id-used' });
    expect(await importMsk(9, 'i2', { msk, mtk: later, mtkId: 8 })).toMatchObject({ result: 'mtk-imported' });
    expect(await kept()).toEqual([8, later, undefined]);
    // Of another MSK under the same ID it is none.
    expect(await loadImportedMtk(table, { ...ref, keyNumber: 9, msk: new SecretKey(later) })).toBeUndefined();
  });
});

describe('an MTK of another network stays in the table while its MSK does:', () => {
  /** The Key Numbers whose MTKs are kept, in hexadecimal. */
  const kept = async () => {
    const found: string[] = [];
    const { pk } = importedMtkKey(ref.keyDomainId, ref.keyGroup, 0);
    for await (const { sk } of queryAll(table, { pk, isConsistent: true }))
      if (sk?.S?.startsWith('MTK#')) found.push(sk.S.slice(4));
    return found;
  };
  const withMtk = (keyNumber: number) =>
    importMsk(keyNumber, `i${keyNumber}`, { mtk: randomBytes(30), mtkId: keyNumber });

  test('it is gone when the next MSK has taken its place', async () => {
    await withMtk(9);
    await activate(9, 'a9');
    await withMtk(10);
    expect(await kept()).toEqual(['0009', '000a']);
    await activate(10, 'a10');
    expect(await kept()).toEqual(['000a']);
  });

  test('it is gone when its MSK is revoked', async () => {
    await withMtk(9);
    await activate(9, 'a9');
    await withMtk(10);
    expect(await revoke(9, 'v9')).toMatchObject({ result: 'revoked' });
    expect(await kept()).toEqual(['000a']);
  });

  test('it is gone with its Key Group, whatever was left of it', async () => {
    await withMtk(9);
    const msk = { ...ref, keyNumber: 3, msk: new SecretKey(randomBytes(16)) };
    await putImportedMtk(table, msk, { mtkId: 1, mtk: new SecretKey(randomBytes(16)), salt: undefined });
    expect(await kept()).toEqual(['0003', '0009']);
    await deleteKeyGroup(table, ref, NOW);
    expect(await kept()).toEqual([]);
    await deleteKeyGroup(table, ref, NOW);
  });
});

describe('an MSK that can’t be taken changes nothing', () => {
  test.each<[string, number, Foreign, string]>([
    ['of 15 octets', 9, { msk: randomBytes(15) }, 'wrong-key-length'],
    ['with an MTK that nothing names', 9, { mtk: randomBytes(16) }, 'wrong-key-length'],
    ['without the MTK that is named', 9, { mtkId: 7 }, 'wrong-key-length'],
    ['with a salt of 13 octets', 9, { mtk: randomBytes(29), mtkId: 7 }, 'wrong-key-length'],
    ['wrapped for another MSK', 9, { mskId: 'ffff0001' }, 'wrong-wrapping'],
    ['that is no ciphertext', 9, { wrappedKey: 'AAAA' }, 'wrong-wrapping'],
    [
      'with an MTK out of its range',
      9,
      { mtk: randomBytes(16), mtkId: 7, validity: { seql: 8, sequ: 9 } },
      'mtk-id-out-of-range',
    ],
    ['of Key Number 0', 0, {}, 'key-number-used'],
  ])('%s', async (_, keyNumber, foreign, reason) => {
    const before = await group();
    expect(await importMsk(keyNumber, 'i1', foreign)).toMatchObject({ result: 'refused', reason });
    expect(names()).toEqual(['MSK Rotation Refused']);
    expect(await group()).toEqual(before);
  });

  test('into a Key Group with MSKs of this network, an unknown one, or under way', async () => {
    expect(await importMsk(9, 'i0')).toMatchObject({ result: 'prepared' });
    expect(await importMsk(10, 'i1')).toMatchObject({ reason: 'rotation-under-way' });
    await activate(9, 'a');
    expect(await importMsk(9, 'i2')).toMatchObject({ reason: 'key-number-used' });
    expect(await importMsk(8, 'i3')).toMatchObject({ reason: 'key-number-used' });
    expect(await importMsk(9 + 0x8000, 'i4')).toMatchObject({ reason: 'key-number-used' });
    expect(await importMsk(8 + 0x8000, 'i5')).toMatchObject({ result: 'prepared' });
    Object.assign(ref, { keyGroup: ref.keyGroup - 0x100 });
    expect(await importMsk(9, 'i6')).toMatchObject({ reason: 'own-key-group' });
    Object.assign(ref, { keyGroup: 0xeeee });
    expect(await importMsk(9, 'i7')).toMatchObject({ reason: 'unknown-key-group' });
  });
});
