import { createSecretKey, randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import {
  type AttributeLocation,
  additionalData,
  dataKeyIdOf,
  openSealedKey,
  SEALING_OVERHEAD,
  sealKey,
} from '../../lib/store/encryption/sealed-octets.ts';

const corrupt = expect.objectContaining({ name: 'StoreError', code: 'corrupt-item' });

test('a location is authenticated as its parts, each behind its length', () => {
  const location = { pk: 'KEY-GROUP#é', sk: 's', path: '' };
  const parts = ['table', location.pk, location.sk, location.path].map((part) => Buffer.from(part));
  const expected = parts.flatMap((part) => [part.length >> 8, part.length & 0xff, ...part]);
  expect([...additionalData('table', location)]).toEqual(expected);
});

describe('a sealed key', () => {
  const dataKey = (id = 7) => ({ id, key: createSecretKey(randomBytes(32)), madeFor: 'table' });
  const location = { pk: 'B-TID#a', sk: 'ASSOCIATION', path: 'muk' };
  const octets = fc.uint8Array({ minLength: 1, maxLength: 64 });
  const text = fc.string({ unit: 'binary', maxLength: 200 });

  test('opens where it was sealed, whatever the key and the location', () => {
    fc.assert(
      fc.property(
        octets,
        text,
        text,
        text,
        fc.integer({ min: 1, max: 2 ** 32 - 1 }),
        (key, pk, sk, path, id) => {
          const secret = new SecretKey(key);
          const sealed = sealKey(dataKey(id), secret, location);
          expect(sealed.length).toBe(key.length + SEALING_OVERHEAD);
          expect(dataKeyIdOf(sealed, location)).toBe(id);
          const under = dataKey(id);
          const there = { pk, sk, path };
          expect(openSealedKey(under, sealKey(under, secret, there), there).equals(secret)).toBe(true);
        },
      ),
    );
  });

  test('opens nowhere else, however the locations are cut', () => {
    const under = dataKey();
    const differs = (one: AttributeLocation, other: AttributeLocation) =>
      one.pk !== other.pk || one.sk !== other.sk || one.path !== other.path;
    const parts = fc.record({ pk: fc.string(), sk: fc.string(), path: fc.string() });
    fc.assert(
      fc.property(parts, parts, (one, other) => {
        fc.pre(differs(one, other));
        const sealed = sealKey(under, new SecretKey(Buffer.alloc(16)), one);
        expect(() => openSealedKey(under, sealed, other)).toThrow(corrupt);
      }),
    );
  });

  test.each<[string, Partial<AttributeLocation> & { madeFor?: string }]>([
    ['partition key', { pk: 'a' }],
    ['sort key', { sk: 'a' }],
    ['path', { path: 'a' }],
    ['table', { madeFor: 'a' }],
    ['cut between its parts', { pk: 'p', sk: 'ks' }],
    ['cut between its parts, with zeros for a length', { pk: 'p', sk: 'k\0\0s' }],
  ])('does not open under another %s', (_what, { madeFor, ...changed }) => {
    const under = dataKey();
    const there = changed.sk?.includes('\0')
      ? { ...location, pk: 'p\0\0k', sk: 's' }
      : { ...location, pk: 'pk', sk: 's' };
    const sealed = sealKey(under, new SecretKey(Buffer.alloc(16)), there);
    expect(openSealedKey(under, sealed, there).length).toBe(16);
    const other = madeFor === undefined ? under : { ...under, madeFor };
    expect(() => openSealedKey(other, sealed, { ...there, ...changed })).toThrow(corrupt);
  });

  test('does not open with any bit flipped, and the error holds no octet of it', () => {
    const under = dataKey();
    const secret = new SecretKey(randomBytes(32));
    const sealed = sealKey(under, secret, location);
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const changed = Uint8Array.from(sealed);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      let error: unknown;
      try {
        if (dataKeyIdOf(changed, location) === under.id) openSealedKey(under, changed, location);
        else continue;
      } catch (thrown) {
        error = thrown;
      }
      expect(error).toMatchObject(corrupt);
      expect(String(error)).not.toContain(Buffer.from(secret.exposeOctets()).toString('hex').slice(0, 8));
    }
  });

  test('does not open with its end cut off or something added', () => {
    const under = dataKey();
    const sealed = sealKey(under, new SecretKey(randomBytes(16)), location);
    for (let length = 0; length < sealed.length; length++) {
      const cut = sealed.subarray(0, length);
      expect(() => dataKeyIdOf(cut, location) && openSealedKey(under, cut, location)).toThrow(corrupt);
    }
    const nothing = sealKey(under, new SecretKey(new Uint8Array()), location);
    expect(() => dataKeyIdOf(nothing, location)).toThrow(corrupt);
    expect(() => openSealedKey(under, Buffer.concat([sealed, Buffer.alloc(1)]), location)).toThrow(corrupt);
  });

  test('does not open under another data key of the same ID', () => {
    const sealed = sealKey(dataKey(), new SecretKey(randomBytes(16)), location);
    expect(() => openSealedKey(dataKey(), sealed, location)).toThrow(corrupt);
  });

  test('is sealed under a data key that can not be printed', () => {
    const octets = randomBytes(32);
    const under = { ...dataKey(), key: createSecretKey(octets) };
    const printed = inspect(under, { depth: 9, showHidden: true }) + JSON.stringify(under);
    expect(printed).toContain('SecretKeyObject');
    for (const form of ['hex', 'base64'] as const)
      expect(printed).not.toContain(octets.toString(form).slice(0, 8));
    expect(printed).not.toContain(octets.subarray(0, 3).join(','));
  });

  test('is another each time, for the nonce is', () => {
    const under = dataKey();
    const secret = new SecretKey(randomBytes(16));
    const sealed = Array.from({ length: 1000 }, () => sealKey(under, secret, location));
    const nonces = sealed.map((each) => Buffer.from(each.subarray(5, 17)).toString('hex'));
    expect(new Set(nonces).size).toBe(1000);
  });
});
