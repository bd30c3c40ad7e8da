import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { KeysError } from '../../lib/keys/errors.ts';
import {
  keyDomainIdFromOctets,
  keyDomainIdOctets,
  keyDomainIdOfPlmn,
  parseKeyDomainId,
  plmnOfKeyDomainId,
} from '../../lib/keys/key-domain-id.ts';
import {
  formatKeyGroup,
  formatMskId,
  isCurrentMskId,
  mskId,
  mskIdFromOctets,
  mskIdOctets,
  parseKeyGroup,
  parseMskId,
} from '../../lib/keys/msk-id.ts';
import { isInvalidation, isMtkIdAcceptable, mskValidity } from '../../lib/keys/msk-validity.ts';
import { SecretKey, secretKeyFromHex } from '../../lib/keys/secret-key.ts';

const digits = (length: number) => fc.stringMatching(new RegExp(`^[0-9]{${length}}$`));
const uint16 = fc.integer({ min: 0, max: 0xffff });

describe('a Key Domain ID', () => {
  test.each([
    ['001', '01', '00f110'],
    ['310', '410', '130014'],
    ['262', '07', '62f270'],
  ])('of MCC %s and MNC %s is %s (TS 24.008 §10.5.1.3)', (mcc, mnc, hex) => {
    expect(keyDomainIdOfPlmn({ mcc, mnc })).toBe(hex);
    expect(plmnOfKeyDomainId(parseKeyDomainId(hex))).toEqual({ mcc, mnc });
  });

  // @clause TS 29.571 §5.9.4.13 s1
  test('goes to octets and back for every PLMN', () => {
    const plmn = fc.record({ mcc: digits(3), mnc: fc.oneof(digits(2), digits(3)) });
    fc.assert(
      fc.property(plmn, (each) => {
        const id = keyDomainIdOfPlmn(each);
        expect(keyDomainIdFromOctets(keyDomainIdOctets(id))).toBe(id);
        expect(plmnOfKeyDomainId(id)).toEqual(each);
      }),
    );
  });

  test('is a value or a KeysError for any text', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          expect(parseKeyDomainId(text)).toMatch(/^[0-9a-f]{6}$/);
        } catch (error) {
          expect(error).toBeInstanceOf(KeysError);
        }
      }),
    );
  });

  test.each([
    { mcc: '1', mnc: '01' },
    { mcc: '001', mnc: '1' },
    { mcc: '00a', mnc: '01' },
  ])('refuses %o', (plmn) => {
    expect(() => keyDomainIdOfPlmn(plmn)).toThrow(KeysError);
  });
});

describe('an MSK ID', () => {
  // @clause TS 31.102 §4.2.80 s2
  test('has the Key Group in its first two octets and the Key Number in the others', () => {
    expect([...mskIdOctets(mskId(0x0102, 0x0304))]).toEqual([1, 2, 3, 4]);
    expect(formatMskId(mskId(1, 0))).toBe('00010000');
  });

  test('goes to octets and text and back', () => {
    fc.assert(
      fc.property(uint16, uint16, (group, number) => {
        const id = mskId(group, number);
        expect(mskIdFromOctets(mskIdOctets(id))).toEqual(id);
        expect(parseMskId(formatMskId(id))).toEqual(id);
        expect(parseKeyGroup(formatKeyGroup(group))).toBe(group);
        expect(isCurrentMskId(id)).toBe(number === 0);
      }),
    );
  });

  test.each(['', '001', '00010', '000g', '0x01'])('refuses the Key Group %j', (text) => {
    expect(() => parseKeyGroup(text)).toThrow(KeysError);
  });

  test.each([-1, 0x10000, 1.5, Number.NaN])('refuses the Key Number %s', (number) => {
    expect(() => mskId(0, number)).toThrow(KeysError);
  });
});

describe('the validity of an MSK', () => {
  test('takes MTK IDs of its interval that grow', () => {
    const validity = mskValidity(10, 20);
    expect(isMtkIdAcceptable(9, validity, undefined)).toBe(false);
    expect(isMtkIdAcceptable(10, validity, undefined)).toBe(true);
    expect(isMtkIdAcceptable(10, validity, 10)).toBe(false);
    expect(isMtkIdAcceptable(20, validity, 10)).toBe(true);
    expect(isMtkIdAcceptable(21, validity, 10)).toBe(false);
  });

  test('invalidates when the interval is empty', () => {
    expect(isInvalidation(mskValidity(2, 1))).toBe(true);
    expect(isInvalidation(mskValidity(1, 1))).toBe(false);
  });
});

describe('a SecretKey', () => {
  const hex = '00112233445566778899aabbccddeeff';
  const key = secretKeyFromHex(hex, 16);

  test('shows its octets in no printed form', () => {
    const printed = [
      `${key}`,
      JSON.stringify({ key }),
      inspect(key),
      inspect({ deep: [key] }, { showHidden: true }),
      String(key),
    ];
    for (const text of printed) {
      expect(text).not.toContain('112233');
      expect(text).toContain('16 octets');
    }
    expect(Object.keys(key)).toEqual([]);
  });

  test('is not changed by a change of the buffer it was made from', () => {
    const buffer = new Uint8Array([1, 2, 3]);
    const copy = new SecretKey(buffer);
    buffer.fill(0);
    expect([...copy.exposeOctets()]).toEqual([1, 2, 3]);
  });

  test('refuses a wrong length and wrong digits without repeating them', () => {
    expect(() => secretKeyFromHex(hex, 32)).toThrow(/64 hexadecimal digits, not 32/);
    expect(() => secretKeyFromHex('zz', 1)).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining('zz') }),
    );
  });

  test('is equal to one of the same octets only', () => {
    expect(key.equals(secretKeyFromHex(hex, 16))).toBe(true);
    expect(key.equals(secretKeyFromHex(hex.replace('f', 'e'), 16))).toBe(false);
    expect(key.equals(secretKeyFromHex('00', 1))).toBe(false);
  });
});
