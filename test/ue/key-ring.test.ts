import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { parseKeyDomainId } from '../../lib/keys/key-domain-id.ts';
import { mskId } from '../../lib/keys/msk-id.ts';
import { EMPTY_VALIDITY, FULL_VALIDITY } from '../../lib/keys/msk-validity.ts';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import { type HeldMsk, KeyRing } from '../../lib/ue/key-ring.ts';

const keyDomainId = parseKeyDomainId('00f110');

function held(keyNumber: number): HeldMsk {
  return {
    keyDomainId,
    mskId: mskId(1, keyNumber),
    msk: new SecretKey(randomBytes(16)),
    validity: FULL_VALIDITY,
    rand: randomBytes(16),
  };
}

// @clause TS 31.102 §4.2.80 s1
test('the oldest of three MSKs of a Key Group is dropped, and an empty validity removes one', () => {
  const ring = new KeyRing();
  const msks = [1, 2, 3].map(held);
  for (const msk of msks) ring.put(msk);
  expect(ring.list()).toEqual(msks.slice(1));
  for (const msk of msks.slice(2)) ring.put({ ...msk, validity: EMPTY_VALIDITY });
  expect(ring.list()).toEqual(msks.slice(1, 2));
});

test('used MTK IDs stay used when their MSK comes again, and are free under another MSK of its Key Number', () => {
  const ring = new KeyRing();
  const msk = held(1);
  ring.put(msk);
  ring.markMtk(msk, 7, 1);
  for (const other of [2, 3].map(held)) ring.put(other);
  expect(ring.find(keyDomainId, msk.mskId)).toBeUndefined();
  ring.put(msk);
  expect([7, 8].map((mtkId) => ring.isMtkAcceptable(msk, mtkId))).toEqual([false, true]);
  const another = held(1);
  ring.put(another);
  expect(ring.isMtkAcceptable(another, 7)).toBe(true);
});
