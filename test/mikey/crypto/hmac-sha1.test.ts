import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { hmacSha1, hmacSha1ByKeyObject, hmacSha1OfHashes } from '../../../lib/mikey/crypto/hmac-sha1.ts';

const hex = (octets: Uint8Array) => Buffer.from(octets).toString('hex');
const text = (of: string) => Buffer.from(of);
const NOTHING = new Uint8Array(0);

test.each([
  ['1', Buffer.alloc(20, 0x0b), text('Hi There'), 'b617318655057264e28bc0b6fb378c8ef146be00'],
  ['2', text('Jefe'), text('what do ya want for nothing?'), 'effcdf6ae5eb2fa2d27416d5f184df9c259a7c79'],
  ['3', Buffer.alloc(20, 0xaa), Buffer.alloc(50, 0xdd), '125d7342b9ac11cd91a39af48aa17b4f63f175d3'],
  [
    '6',
    Buffer.alloc(80, 0xaa),
    text('Test Using Larger Than Block-Size Key - Hash Key First'),
    'aa4ae5e15272d00e95705637ce8a3b55ed402112',
  ],
])('HMAC-SHA-1 agrees with case %s of RFC 2202', (_, key, octets, expected) => {
  expect(hex(hmacSha1(key, [octets]))).toBe(expected);
});

test('two hashes give what the key object gives, for keys and texts of each length', () => {
  for (let length = 0; length <= 64; length++) {
    const key = randomBytes(length);
    const parts = [randomBytes(length * 3), randomBytes(64 - length), randomBytes(1)];
    expect(hex(hmacSha1OfHashes(key, parts) ?? NOTHING)).toBe(hex(hmacSha1ByKeyObject(key, parts)));
  }
  for (const length of [0, 55, 56, 63, 64, 119, 120, 1400, 2047, 2048]) {
    const [key, octets] = [randomBytes(32), randomBytes(length)];
    expect(hex(hmacSha1OfHashes(key, [octets]) ?? NOTHING)).toBe(hex(hmacSha1ByKeyObject(key, [octets])));
  }
});

test('a shorter key or text after a longer one meets none of its octets', () => {
  for (const length of [2048, 1, 700, 0]) {
    const [key, octets] = [randomBytes(length % 65), randomBytes(length)];
    expect(hex(hmacSha1(key, [octets]))).toBe(hex(hmacSha1ByKeyObject(key, [octets])));
  }
});

test('what is longer than the two hashes take goes to the key object', () => {
  const [longKey, longText] = [randomBytes(65), randomBytes(2049)];
  expect(hmacSha1OfHashes(longKey, [])).toBeUndefined();
  expect(hmacSha1OfHashes(randomBytes(20), [longText])).toBeUndefined();
  expect(hex(hmacSha1(longKey, [longText]))).toBe(hex(hmacSha1ByKeyObject(longKey, [longText])));
});

test('a MAC is not overwritten by the next one', () => {
  const first = hmacSha1(text('Jefe'), [text('what do ya want for nothing?')]);
  hmacSha1(randomBytes(20), [randomBytes(100)]);
  expect(hex(first)).toBe('effcdf6ae5eb2fa2d27416d5f184df9c259a7c79');
});
