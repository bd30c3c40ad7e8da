import { describe, expect, test } from 'vitest';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import { MikeyError } from '../../lib/mikey/index.ts';
import { decodeKeyIds, keyIdsOf } from '../../lib/mikey/payload/ext.ts';
import { decodeKemac, encodeKemac } from '../../lib/mikey/payload/kemac.ts';
import { decodeKeyData, encodeKeyData } from '../../lib/mikey/payload/key-data.ts';
import { Reader } from '../../lib/mikey/reader.ts';
import { Writer } from '../../lib/mikey/writer.ts';

const octets = (hex: string) => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
/** The code and the field of a refusal; the whole error where it is none. */
function faultOf(action: () => unknown): unknown {
  try {
    return action();
  } catch (error) {
    return error instanceof MikeyError ? [error.code, error.field] : error;
  }
}

// RFC 4563 §4: Key ID type, length, Key ID.
describe('the Key IDs of an extension', () => {
  test('are read in any order, one, two or three of them', () => {
    expect(decodeKeyIds(octets('02 02 0102  00 03 00f110  01 04 00100001'))).toEqual({
      mtkId: 0x0102,
      keyDomainId: '00f110',
      mskId: { keyGroup: 0x10, keyNumber: 1 },
    });
    expect(decodeKeyIds(octets('01 04 00100001'))).toEqual({ mskId: { keyGroup: 0x10, keyNumber: 1 } });
    expect(decodeKeyIds(octets(''))).toEqual({});
  });

  test.each<[string, string, [string, string]]>([
    ['named twice', '02 02 0102  02 02 0102', ['duplicate-payload', 'Key ID']],
    ['of an unknown type', '03 02 0102', ['unknown-type', 'Key ID type']],
    ['of an unknown type without octets', '03 00', ['unknown-type', 'Key ID type']],
    ['too short', '01 03 001000', ['bad-value', 'Key ID length']],
    ['too long', '02 03 010203', ['bad-value', 'Key ID length']],
    ['cut off', '02 02 01', ['truncated', 'Key ID']],
  ])('are refused when one is %s', (_, wire, fault) => {
    expect(faultOf(() => decodeKeyIds(octets(wire)))).toEqual(fault);
  });

  test('stand in one extension; those of other types are passed over', () => {
    const ids = { type: 3, data: octets('02 02 0102') };
    const vendor = { type: 0, data: octets('ff') };
    expect(keyIdsOf([vendor, ids, vendor])).toEqual({ mtkId: 0x0102 });
    expect(faultOf(() => keyIdsOf([ids, ids]))).toEqual(['duplicate-payload', 'EXT of Key IDs']);
  });
});

// RFC 3830 §6.2: encr alg, encr data len, encr data, MAC alg, MAC.
describe('KEMAC', () => {
  const decode = (wire: string) => decodeKemac(new Reader(octets(wire)));

  test('goes there and back', () => {
    const mac = 'ab'.repeat(20);
    const writer = new Writer();
    encodeKemac(writer, decode(`01 0002 c0de 01 ${mac}`));
    expect(hex(writer.toOctets())).toBe(`010002c0de01${mac}`);
  });

  test.each<[string, string, [string, string]]>([
    ['with an unknown encryption', '07 0000 00', ['unknown-algorithm', 'KEMAC encr alg']],
    ['with an unknown MAC', '00 0000 07', ['unknown-algorithm', 'KEMAC MAC alg']],
    ['whose MAC is cut off', `00 0000 01 ${'ab'.repeat(19)}`, ['truncated', 'KEMAC MAC']],
  ])('%s is refused', (_, wire, fault) => {
    expect(faultOf(() => decode(wire))).toEqual(fault);
  });

  test.each([0, 19, 21])('is not written with a MAC of %i octets', (length) => {
    const kemac = { encrAlg: 'NULL', encrData: octets(''), macAlg: 'HMAC-SHA-1-160' } as const;
    const write = () => encodeKemac(new Writer(), { ...kemac, mac: new Uint8Array(length) });
    expect(faultOf(write)).toEqual(['bad-value', 'KEMAC MAC']);
  });
});

// RFC 3830 §6.13: next payload, type and KV, key len, key, salt len, salt, KV data.
describe('key data', () => {
  test('has a salt where its type says so, and nowhere else', () => {
    const withSalt = decodeKeyData(octets('00 10 0002 0102 0001 0a'));
    expect(withSalt.map(({ type, salt }) => [type, salt?.equals(new SecretKey(octets('0a')))])).toEqual([
      ['TGK+SALT', true],
    ]);
    const two = decodeKeyData(octets('14 31 0002 0102 0001 0a 02 beef  00 20 0001 03'));
    expect(two.map(({ type, salt, validity }) => [type, salt?.length, validity])).toEqual([
      ['TEK+SALT', 1, { kind: 'SPI', spi: octets('beef') }],
      ['TEK', undefined, { kind: 'NULL' }],
    ]);
    expect(two.map((each) => 'salt' in each)).toEqual([true, false]);
  });

  test.each(['TGK+SALT', 'TEK+SALT'] as const)(
    'of %s without a salt is written with one of no octets',
    (type) => {
      const wire = encodeKeyData([{ type, key: new SecretKey(octets('05')), validity: { kind: 'NULL' } }]);
      expect(hex(wire)).toBe(`00${type === 'TGK+SALT' ? '10' : '30'}0001050000`);
    },
  );

  test.each<[string, string, [string, string]]>([
    ['of an unknown type', '00 40 0001 05', ['unknown-type', 'key data type']],
    ['of an unknown validity', '00 03 0001 05', ['unknown-type', 'key data type']],
    ['with another payload behind it', '05 00 0001 05', ['unknown-payload', 'key data next payload']],
    ['with octets behind it', '00 00 0001 05 ff', ['trailing-octets', 'key data']],
    ['cut off', '00 00 0002 05', ['truncated', 'key data key']],
  ])('%s is refused', (_, wire, fault) => {
    expect(faultOf(() => decodeKeyData(octets(wire)))).toEqual(fault);
  });
});
