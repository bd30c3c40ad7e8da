import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MSK_LENGTH, newMsk, nextKeyNumber } from '../../lib/keys/msk-generation.ts';

describe('a new MSK', () => {
  // @clause TS 29.571 §5.9.4.13 s2
  it('has the 16 octets that it was given, and leaves none behind', () => {
    const octets = Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex');
    const msk = newMsk((length) => octets.subarray(0, length));
    expect(Buffer.from(msk.exposeOctets()).toString('hex')).toBe('000102030405060708090a0b0c0d0e0f');
    expect(octets.equals(Buffer.alloc(MSK_LENGTH))).toBe(true);
  });
});

describe('the next Key Number', () => {
  it('is 1 at first', () => expect(nextKeyNumber(undefined, new Set())).toBe(1));
  it('follows the last', () => expect(nextKeyNumber(0x0010, new Set([0x0010]))).toBe(0x0011));
  it('is 1 after ffff, never 0', () => expect(nextKeyNumber(0xffff, new Set([0xffff]))).toBe(1));
  it('passes over live ones', () => expect(nextKeyNumber(0xfffe, new Set([0xffff, 1, 2]))).toBe(3));

  it('is a number of 16 bits, not 0, not live, whatever came before', () => {
    const keyNumber = fc.integer({ min: 1, max: 0xffff });
    fc.assert(
      fc.property(fc.option(keyNumber, { nil: undefined }), fc.uniqueArray(keyNumber), (last, live) => {
        const next = nextKeyNumber(last, new Set(live));
        expect(next).toBeGreaterThan(0);
        expect(next).toBeLessThanOrEqual(0xffff);
        expect(live).not.toContain(next);
        expect(next).not.toBe(last);
      }),
    );
  });
});
