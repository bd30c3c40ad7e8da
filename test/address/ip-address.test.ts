import { isIP } from 'node:net';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalIpAddress } from '../../lib/address/ip-address.ts';

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['2001:DB8:0:0::7', '2001:db8::7'],
  ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['::FFFF:c000:207', '192.0.2.7'],
  ['0:0:0:0:0:ffff:192.0.2.7', '192.0.2.7'],
  ['64:ff9b::192.0.2.7', '64:ff9b::c000:207'],
  ['fe80::1%eth0', 'fe80::1'],
])('%s is stored as %s', (text, canonical) => {
  expect(canonicalIpAddress(text)).toBe(canonical);
});

test.each(['', 'ue', '192.0.2', '192.0.2.7:80', '[2001:db8::7]', '192.0.2.07', '2001:db8::7::1'])(
  '"%s" is not an address',
  (text) => expect(canonicalIpAddress(text)).toBeUndefined(),
);

test('the canonical form of an address is an address, and its own canonical form', () => {
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
      const canonical = canonicalIpAddress(text) ?? '';
      expect(isIP(canonical)).not.toBe(0);
      expect(canonicalIpAddress(canonical)).toBe(canonical);
    }),
  );
});
