import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CLOCK_ALLOWANCE_MS, checkNonce, createNonce } from '../../lib/http-digest/index.ts';
import { SecretKey } from '../../lib/keys/secret-key.ts';

const secret = new SecretKey(new Uint8Array(32).fill(7));
const random = Uint8Array.from({ length: 16 }, (_, index) => index);
const now = 1_700_000_000_000;
const lifetimeMs = 300_000;
const nonce = createNonce({ secret, now, random });
const issued = { issuedAt: now, id: '0001020304050607' };

describe('a nonce', () => {
  test('is Base64url of time, random part and MAC', () => {
    const plain = Buffer.concat([Buffer.from(now.toString(16).padStart(12, '0'), 'hex'), random]);
    const mac = createHmac('sha256', secret.exposeOctets()).update(plain).digest().subarray(0, 16);
    expect(nonce).toBe(Buffer.concat([plain, mac]).toString('base64url'));
    expect(nonce).toMatch(/^[A-Za-z0-9_-]{51}$/);
  });

  // @clause RFC 7616 §3.3 s2
  test('is fresh to the last millisecond of its life, then expired', () => {
    const at = (later: number) => checkNonce(nonce, { secret, now: now + later, lifetimeMs });
    expect(at(0)).toEqual({ kind: 'fresh', ...issued });
    expect(at(lifetimeMs)).toEqual({ kind: 'fresh', ...issued });
    expect(at(lifetimeMs + 1)).toEqual({ kind: 'expired', ...issued });
  });

  test('may come from a clock that is a little ahead', () => {
    const at = (earlier: number, allowance = {}) =>
      checkNonce(nonce, { secret, now: now - earlier, lifetimeMs, ...allowance }).kind;
    expect(at(CLOCK_ALLOWANCE_MS)).toBe('fresh');
    expect(at(CLOCK_ALLOWANCE_MS + 1)).toBe('expired');
    expect(at(0, { allowanceMs: 0 })).toBe('fresh');
    expect(at(1, { allowanceMs: 0 })).toBe('expired');
    expect(at(60_000, { allowanceMs: 60_000 })).toBe('fresh');
  });

  test('is foreign under another secret', () => {
    const other = new SecretKey(new Uint8Array(32).fill(8));
    expect(checkNonce(nonce, { secret: other, now, lifetimeMs })).toEqual({ kind: 'foreign' });
  });

  test('is foreign when any bit of it changed', () => {
    const octets = Buffer.from(nonce, 'base64url');
    for (let bit = 0; bit < octets.length * 8; bit++) {
      const changed = Buffer.from(octets);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(checkNonce(changed.toString('base64url'), { secret, now, lifetimeMs }).kind).toBe('foreign');
    }
  });

  test('has one spelling only', () => {
    const last = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const spellings = [...last].map((character) => nonce.slice(0, -1) + character);
    const others = [
      `${nonce}=`,
      ` ${nonce}`,
      `${nonce}\n`,
      nonce.replace('A', '+'),
      `${nonce.slice(0, 9)} ${nonce.slice(9)}`,
    ];
    const known = [...spellings, ...others].filter(
      (each) => checkNonce(each, { secret, now, lifetimeMs }).kind !== 'foreign',
    );
    expect(known).toEqual([nonce]);
  });

  test('needs 16 random octets and a time', () => {
    expect(() => createNonce({ secret, now, random: random.subarray(1) })).toThrow(RangeError);
    expect(() => createNonce({ secret, now: -1, random })).toThrow(RangeError);
    expect(() => createNonce({ secret, now: 2 ** 48, random })).toThrow(RangeError);
  });

  test('is recognised by any instance, whatever its time and random part', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.uint8Array({ minLength: 16, maxLength: 16 }), (time, octets) => {
        const issuedAt = time % 2 ** 48;
        const checked = checkNonce(createNonce({ secret, now: issuedAt, random: octets }), {
          ...{ secret, now: issuedAt, lifetimeMs },
        });
        expect(checked).toEqual({ kind: 'fresh', issuedAt, id: Buffer.from(octets).toString('hex', 0, 8) });
      }),
    );
  });

  test('is foreign for any other text', () => {
    const texts = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.base64String(),
      fc.string({ minLength: 51, maxLength: 51 }),
    );
    fc.assert(
      fc.property(texts, (text) => {
        expect(checkNonce(text, { secret, now, lifetimeMs })).toEqual({ kind: 'foreign' });
      }),
    );
  });
});
